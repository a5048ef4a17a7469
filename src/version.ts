import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The package's version, read from its package.json, which lies beside both `src/` and `dist/`. */
export const version: string = readVersion()

function readVersion(): string {
  const read: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'))
  return typeof read === 'object' && read !== null && 'version' in read ? String(read.version) : '0.0.0'
}
