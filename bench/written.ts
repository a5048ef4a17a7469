import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [begins, ends] = ['<!-- written by npm run bench -- --write -->', '<!-- up to here -->'] as const

/** Which commit a checkout is at, and whether it holds more than that. */
export function versionOf(checkout: string): string {
  const git = (...args: string[]): string | null => {
    const { status, stdout } = spawnSync('git', ['-C', checkout, ...args], { encoding: 'utf8' })
    return status === 0 ? stdout.trim() : null
  }
  const commit = git('rev-parse', '--short', 'HEAD')
  if (commit === null) return 'unknown'
  return git('status', '--porcelain', '--untracked-files=no') === '' ? commit : `${commit} and changes`
}

/** Puts the tables in the place of those that stood in docs/FIGURES.md. What people wrote around them stays. */
export function writeFigures(root: string, words: string, tables: string): void {
  const file = join(root, 'docs', 'FIGURES.md')
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(begins, 2)
  const after = rest?.split(ends, 2)[1]
  if (before === undefined || after === undefined)
    throw new Error(`${file} has no place between "${begins}" and "${ends}".`)
  writeFileSync(file, [before, begins, `\n\n${words}\n\n${tables}\n\n`, ends, after].join(''))
  // As `npm run check` wants it.
  spawnSync(process.execPath, [join(root, 'node_modules', 'oxfmt', 'bin', 'oxfmt'), file], { stdio: 'inherit' })
}
