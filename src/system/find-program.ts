import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** A program's absolute path: the configured one, or `name` in the PATH; null when it is not there. */
export function findProgram(name: string, configured: string | null, path: string): string | null {
  const candidates =
    configured !== null && isAbsolute(configured)
      ? [configured]
      : path.split(delimiter).map((folder) => join(folder, configured ?? name))
  // A folder that is none from the root on would mean another program in every folder.
  return candidates.find((file) => isAbsolute(file) && isExecutable(file)) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
