import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'

/**
 * Writes a file whole or not at all, readable for this user only: whoever reads it, also after a kill -9, meets the
 * old text or the new one, never half of it.
 */
export function writeAtomically(path: string, text: string): void {
  const unfinished = `${path}.new`
  writeFileSync(unfinished, text, { mode: 0o600 })
  renameSync(unfinished, path)
}

/** Writes a secret that is made once, for this user only: it is on the disk before anybody relies on it, also over a power cut. */
export function writeSecret(path: string, text: string): void {
  rmSync(`${path}.new`, { force: true })
  const file = openSync(`${path}.new`, 'wx', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}
