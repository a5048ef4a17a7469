import { existsSync, globSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')

/** The three parts of the tests. `fast` is what `npm test` runs. */
export type Suite = 'fast' | 'clis' | 'soak'

/** What a command line asks for. */
export interface Plan {
  readonly files: readonly string[]
  /** Words that can only be paths, and lead to no test file. */
  readonly unknown: readonly string[]
  /** A regular expression for the names of the tests that run; null for all. */
  readonly pattern: string | null
  /** What is not run, with the command that runs it. */
  readonly leftOut: readonly string[]
  readonly record: boolean
  /** Tells every test, not only every file. */
  readonly verbose: boolean
}

const commands: Readonly<Record<Suite, string>> = {
  fast: 'the fast tests (npm test)',
  clis: 'the real CLIs (npm run test:clis)',
  soak: 'the soak (npm run test:soak)',
}

export function suiteOf(file: string): Suite {
  if (file.startsWith(join('test', 'clis'))) return 'clis'
  return file.startsWith(join('test', 'soak')) ? 'soak' : 'fast'
}

/** Every test file, relative to the repository. */
export function allFiles(): readonly string[] {
  return globSync(['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'], { cwd: root })
    .filter((file) => !file.includes('node_modules'))
    .sort()
}

/**
 * Reads the command line. Files and folders are taken as they are. Other words narrow the suite: those that are part
 * of a path choose files, the rest must be in a test's name.
 */
export function planFor(args: readonly string[], all = allFiles()): Plan {
  const flags = new Set(args.filter((each) => each.startsWith('--')))
  const words = args.filter((each) => !each.startsWith('--'))
  const suites: readonly Suite[] = flags.has('--everything')
    ? ['fast', 'clis', 'soak']
    : flags.has('--clis')
      ? ['clis']
      : flags.has('--soak')
        ? ['soak']
        : ['fast']
  const paths = words.filter((word) => existsSync(resolve(root, word)) && /[/\\.]/.test(word))
  let files =
    paths.length > 0
      ? paths.flatMap((path) => filesAt(path, all))
      : all.filter((file) => suites.includes(suiteOf(file)))
  const names: string[] = []
  const unknown: string[] = []
  for (const word of words.filter((each) => !paths.includes(each))) {
    const found = files.filter((file) => file.toLowerCase().includes(word.toLowerCase()))
    if (found.length > 0) files = found
    else if (/^\S+\/\S*$/.test(word)) unknown.push(word)
    else names.push(word)
  }
  const leftOut = (['clis', 'soak'] as const)
    .filter((suite) => words.length === 0 && !suites.includes(suite))
    .map((suite) => commands[suite])
  if (words.length === 0 && suites.includes('fast') && process.env['OMC_TEST_NODE22'] === undefined)
    leftOut.push('Node 22 (OMC_TEST_NODE22=<its path> npm test)')
  if (words.length === 0 && !suites.includes('fast')) leftOut.unshift(commands.fast)
  return {
    files: [...new Set(files)],
    unknown,
    pattern: names.length === 0 ? null : `^${names.map((word) => `(?=.*${literally(word)})`).join('')}`,
    leftOut,
    record: flags.has('--record'),
    verbose: flags.has('--verbose') || (words.length > 0 && new Set(files).size <= 3),
  }
}

function filesAt(path: string, all: readonly string[]): readonly string[] {
  const inside = relative(root, resolve(root, path))
  return statSync(resolve(root, path)).isDirectory()
    ? all.filter((file) => file.startsWith(join(inside, '/')))
    : [inside]
}

/** For a regular expression in which the word stands for itself. */
function literally(word: string): string {
  return word.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)
}
