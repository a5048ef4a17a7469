import { statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Whether everybody may go into it. */
export function isOpen(path: string): boolean {
  return (statSync(path).mode & 0o1) !== 0 && (dirname(path) === path || isOpen(dirname(path)))
}
