import { mkdir } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import type { Result } from '../core/desk.ts'
import type { Session } from '../core/session.ts'
import type { Diff } from '../core/work.ts'
import type { Workspace, Workspaces, WorkspaceWish } from '../core/workspace.ts'
import { candidates, liesUnder, realFolder, realRoots, type Roots } from './containment.ts'
import { diffOf } from './diff.ts'
import { leftoversOf } from './leftovers.ts'
import { isKnown, repositoryOf } from './repository.ts'
import { suggestFolders } from './suggest.ts'
import { tidy } from './tidying.ts'
import { makeWorktree } from './worktrees.ts'

/** `trusted`: OMC_TRUSTED_ROOTS, absolute. */
export interface WorkspaceRoots extends Roots {
  readonly trusted?: readonly string[]
  /** Where the bot's own program lies; absolute. */
  readonly program: string
}

/** The folders under `OMC_PROJECT_ROOTS` (SPEC F1). */
export function workspaces(place: WorkspaceRoots): Workspaces {
  return {
    resolve: (typed) => resolveFolder(typed, place),
    suggest: (typed) => suggestFolders(typed, place),
    open: (wish, live) => openWorkspace(wish, live, place),
    move: (session, typed, others) => move(session, typed, others, place),
    close: async (worktree) => tidy(worktree, (await realRoots(place.roots)).map(dirname)),
    diff: (session) => diffOfSession(session, place),
    leftovers: async (known, live) => {
      const used = live.flatMap(({ worktree }) => worktree?.folder ?? [])
      return leftoversOf(known, used, await realRoots(place.roots))
    },
    isTrusted: async (folder) => liesUnder(folder, await realRoots(place.trusted ?? [])),
  }
}

async function openWorkspace(
  { name, folder, worktree }: WorkspaceWish,
  live: readonly Session[],
  place: WorkspaceRoots,
): Promise<Result<Workspace>> {
  const roots = await realRoots(place.roots)
  const found = await repositoryOf(folder, roots)
  if (typeof found === 'string') return { ok: false, refusal: { code: 'worktree-failed', detail: found } }
  const alone = await inItself(folder, place)
  if (found === null) return alone
  if (!(await isKnown(found))) return alone
  if (!worktree) {
    const there = (session: Session): boolean =>
      session.worktree === null ? liesUnder(session.workdir, [found.top]) : session.worktree.folder === found.top
    const other = live.find(there)
    if (other === undefined) return alone
    return { ok: false, refusal: { code: 'folder-taken', path: found.top, name: other.name } }
  }
  const inUse = live.flatMap((session) => session.worktree?.folder ?? [])
  const made = await makeWorktree(found, name, roots, inUse)
  if ('code' in made) return { ok: false, refusal: made }
  const workdir = resolve(made.worktree.folder, found.prefix)
  // A folder that no commit holds yet is not in a fresh worktree.
  await mkdir(workdir, { recursive: true })
  // What the commit has there may be a link to anywhere.
  if ((await realFolder(workdir)) !== workdir) return { ok: false, refusal: { code: 'workdir-missing', path: workdir } }
  return { ok: true, value: { ...made, workdir } }
}

async function move(
  session: Session,
  typed: string,
  others: readonly Session[],
  place: WorkspaceRoots,
): Promise<Result<Workspace>> {
  const { workdir, worktree } = session
  const roots = await realRoots(place.roots)
  const here = await realFolder(resolve(workdir, typed))
  if (worktree !== null && here !== null && liesUnder(here, [worktree.folder])) return stays(here)
  const folder = here !== null && liesUnder(here, roots) ? yes(here) : await resolveFolder(typed, place)
  if (!folder.ok) return folder
  if (worktree !== null && liesUnder(folder.value, [worktree.repository])) {
    const same = await realFolder(resolve(worktree.folder, relative(worktree.repository, folder.value)))
    if (same !== null && liesUnder(same, [worktree.folder])) return stays(same)
    return { ok: false, refusal: { code: 'workdir-missing', path: typed } }
  }
  const [from, to] = [await repositoryOf(workdir, roots), await repositoryOf(folder.value, roots)]
  const isSame =
    from !== null && to !== null && typeof from !== 'string' && typeof to !== 'string' && from.top === to.top
  // Who asked for no worktree gets none by a step aside.
  if (worktree === null && isSame) return inItself(folder.value, place)
  return openWorkspace({ name: session.name, folder: folder.value, worktree: true }, others, place)

  function stays(workdir: string): Result<Workspace> {
    return yes({ workdir, worktree, takenUp: false })
  }
}

/**
 * A session that works in a folder itself. The bot's own program is nobody's to change (a root may contain it: the
 * default one is where the bot was started), unless the operator named a root inside of it, for what lies in that.
 */
async function inItself(folder: string, { roots, program }: WorkspaceRoots): Promise<Result<Workspace>> {
  const own = (await realFolder(program)) ?? program
  const within = (await realRoots(roots)).filter((root) => root !== own && liesUnder(root, [own]))
  const isOwn = liesUnder(own, [folder]) || (liesUnder(folder, [own]) && !liesUnder(folder, within))
  if (isOwn) return { ok: false, refusal: { code: 'program-folder', path: folder } }
  return yes({ workdir: folder, worktree: null, takenUp: false })
}

function yes<Value>(value: Value): Result<Value> {
  return { ok: true, value }
}

async function diffOfSession({ workdir, worktree }: Session, place: Roots): Promise<Result<Diff>> {
  if ((await realFolder(workdir)) === null) return { ok: false, refusal: { code: 'workdir-missing', path: workdir } }
  const repository = await repositoryOf(workdir, await realRoots(place.roots))
  if (repository === null) return { ok: false, refusal: { code: 'no-repository', path: workdir } }
  if (typeof repository === 'string') return { ok: false, refusal: { code: 'git-failed', detail: repository } }
  return diffOf(repository, worktree === null ? repository.head : worktree.base)
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
