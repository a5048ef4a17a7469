import type { Result } from '../core/desk.ts'
import type { Workspaces } from '../core/workspace.ts'
import { candidates, liesUnder, realFolder, realRoots, type Roots } from './containment.ts'
import { suggestFolders } from './suggest.ts'

/** The folders under `OMC_PROJECT_ROOTS` (SPEC F1). */
export function workspaces(place: Roots): Workspaces {
  return {
    resolve: (typed) => resolveFolder(typed, place),
    suggest: (typed) => suggestFolders(typed, place),
  }
}

async function resolveFolder(typed: string | null, place: Roots): Promise<Result<string>> {
  const { roots } = place
  const wish = typed?.trim() ?? ''
  const real = await realRoots(roots)
  const path = wish === '' ? (roots[0] ?? '') : wish
  let outside = false
  for (const candidate of candidates(path, place)) {
    const folder = await realFolder(candidate)
    if (folder !== null && liesUnder(folder, real)) return { ok: true, value: folder }
    // What is outside is refused in one way whether it exists or not: nobody learns what else the machine holds.
    if (folder !== null || !liesUnder(candidate, [...roots, ...real])) outside = true
  }
  const refusal = outside
    ? ({ code: 'workdir-outside', path, roots } as const)
    : ({ code: 'workdir-missing', path } as const)
  return { ok: false, refusal }
}
