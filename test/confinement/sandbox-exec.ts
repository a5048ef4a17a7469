import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a box that holds says when it is tried. */
export const holds = 'read -r word < word; printf %s "$word"'

/**
 * A program in `bin/` of that folder which stands in for a Mac's: it keeps its arguments in `argv`, and goes on with the command
 * behind its own options as `then` says, in the words of a shell. Nothing is held.
 */
export function standInFor(folder: string, then: string): void {
  const record = `for each; do printf '%s\\0' "$each"; done > "${folder}/argv"`
  const own = 'while [ "$1" != -- ]; do shift; done; shift'
  writeFileSync(join(folder, 'bin', 'sandbox-exec'), `#!/bin/sh\n${record}\n${own}\n${then}\n`, { mode: 0o755 })
}
