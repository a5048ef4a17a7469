import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

/** The last commit of the first storey. */
const commit = '0423617ca8ff7d19302fcd24026e3835814c989e'

/** Why there is no earlier version to start; false: there is one. A shallow clone has no history. */
export const missing: string | false =
  spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: root }).status === 0
    ? false
    : `the history of this clone does not hold ${commit.slice(0, 7)}, the earlier version`

/** Lays that version out in a folder. Gives what starts its bot. */
export function layOut(folder: string): string {
  mkdirSync(folder, { recursive: true })
  const packed = execFileSync('git', ['archive', commit, 'src', 'test/e2e/bot.ts', 'package.json'], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  })
  execFileSync('tar', ['-x', '-C', folder], { input: packed })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  // It is asked for the time at which a process started where there is no /proc, and for nothing else.
  const gone = join(folder, 'src', 'node_modules', 'nano-spawn')
  mkdirSync(gone, { recursive: true })
  writeFileSync(join(gone, 'package.json'), '{ "type": "module", "exports": "./index.js" }')
  writeFileSync(join(gone, 'index.js'), "export default () => Promise.reject(new Error('not installed any more'))\n")
  return join(folder, 'test', 'e2e', 'bot.ts')
}
