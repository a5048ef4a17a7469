import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where this program lies: the folder of its package.json, which is beside both `src/` and `dist/`. */
export const programFolder: string = dirname(import.meta.dirname)

/** The package's version. */
export const version: string = readVersion()

function readVersion(): string {
  const read: unknown = JSON.parse(readFileSync(join(programFolder, 'package.json'), 'utf8'))
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '0.0.0'
}
