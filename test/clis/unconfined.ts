import { globSync, mkdirSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Where programs lie on a machine, the installed sandbox among them. */
export const usualPath = '/usr/local/bin:/usr/bin:/bin'

/** Makes a folder with all programs of the usual path but those that a sandbox for the shell of Claude Code needs. */
export function unconfinedPath(root: string): string {
  const folder = join(root, 'programs')
  mkdirSync(folder)
  const programs = usualPath.split(':').flatMap((place) => globSync(join(place, '*')))
  const seen = new Set(['bwrap', 'socat'])
  for (const program of programs) {
    const name = basename(program)
    if (seen.has(name)) continue
    seen.add(name)
    symlinkSync(program, join(folder, name))
  }
  return folder
}
