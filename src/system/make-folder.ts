import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder, and those above it that are missing, for their owner alone where nobody says otherwise; one that is
 * there stays as it is. Node's own `recursive` never ends where a folder takes none (/proc), and says of a disk that is
 * mounted read-only that there is no such file. Throws what the file system says.
 */
export function makeFolder(path: string, mode = 0o700): void {
  if (isFolder(path)) return
  try {
    mkdirSync(path, { mode })
  } catch (error) {
    // Somebody else has made it in this moment.
    if (isFolder(path)) return
    const above = dirname(path)
    if (!isMissing(error) || isFolder(above) || above === path) throw error
    makeFolder(above, mode)
    makeFolder(path, mode)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
