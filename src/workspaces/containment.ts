import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'

export interface Roots {
  /** OMC_PROJECT_ROOTS: absolute folders, at least one. They may be symlinks, and may be missing for now. */
  readonly roots: readonly string[]
  /** What `~` stands for. */
  readonly home: string
}

/** The absolute paths that a typed one may mean, in the order they are tried. */
export function candidates(typed: string, { roots, home }: Roots): readonly string[] {
  const path = withHome(typed, home)
  return isAbsolute(path) ? [resolve(path)] : roots.map((root) => resolve(root, path))
}

/** `~` and `~/…` written out. `~name` is left alone: other people's homes are no place for a session. */
export function withHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path
}

/** The roots that exist, symlinks resolved. */
export async function realRoots(roots: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(roots.map(realFolder))
  return found.filter((root) => root !== null)
}

/** A folder with its symlinks resolved; null when it is missing, closed to us, or no folder. */
export async function realFolder(path: string): Promise<string | null> {
  try {
    const real = await realpath(path)
    return (await stat(real)).isDirectory() ? real : null
  } catch {
    // Missing, a loop of symlinks, a name too long or with a zero byte: whatever it is, no session can work there.
    return null
  }
}

/** Whether a path is one of the folders or inside one. Both sides must be resolved alike. */
export function liesUnder(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => {
    const rest = relative(folder, path)
    return rest === '' || (rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest))
  })
}
