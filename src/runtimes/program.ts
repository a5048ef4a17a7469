import { existsSync, openSync, readdirSync, readSync, closeSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { findProgram } from '../system/find-program.ts'

/** How many folders lie at most between a program and its package's own. */
const depth = 5

/**
 * The files of an installed CLI, for its box: of a package its folder, with the packages beside it that hold its parts
 * for one platform; of anything else the program itself; for a script the folder of the Node that runs it.
 */
export function programFiles(file: string, path: string): readonly string[] {
  const real = realpathSync(file)
  const root = packageOf(real)
  const own = root === null ? [real] : [root, ...partsOf(root)]
  const node = isScript(real) ? findProgram('node', null, path) : null
  return node === null ? own : [...own, dirname(realpathSync(node))]
}

function packageOf(file: string): string | null {
  let folder = dirname(file)
  for (let up = 0; up < depth && folder !== dirname(folder); up++) {
    if (basename(dirname(folder)).startsWith('@') && existsSync(join(folder, 'package.json'))) return folder
    folder = dirname(folder)
  }
  return null
}

/** `@openai/codex-linux-x64` beside `@openai/codex`. */
function partsOf(root: string): readonly string[] {
  return readdirSync(dirname(root))
    .filter((name) => name.startsWith(`${basename(root)}-`))
    .map((name) => join(dirname(root), name))
}

function isScript(file: string): boolean {
  const head = Buffer.alloc(2)
  const opened = openSync(file, 'r')
  try {
    return readSync(opened, head) === 2 && head.toString('latin1') === '#!'
  } finally {
    closeSync(opened)
  }
}
