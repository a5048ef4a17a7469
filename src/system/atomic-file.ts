import { renameSync, writeFileSync } from 'node:fs'

/**
 * Writes a file whole or not at all, readable for this user only: whoever reads it, also after a kill -9, meets the
 * old text or the new one, never half of it.
 */
export function writeAtomically(path: string, text: string): void {
  const unfinished = `${path}.new`
  writeFileSync(unfinished, text, { mode: 0o600 })
  renameSync(unfinished, path)
}
