// Runs the tests with Node's own runner: `node test/run.js` everything that needs no real CLI, `--clis` the real ones
// (sealed from the network where that is possible), `--soak` the short fault run, or the files named.
// Plain JavaScript, because it may be started by a Node that cannot run TypeScript yet.
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env, execPath, exit, version } from 'node:process'

const root = join(import.meta.dirname ?? '.', '..')
const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Tests need Node 22.18 or newer; this is ${version}. Run them with: npm test (after npm ci)`)
  exit(1)
}

const wanted = argv.slice(2)
const suite = wanted[0] === '--clis' ? 'clis' : wanted[0] === '--soak' ? 'soak' : 'all'
const named = wanted.filter((each) => !each.startsWith('--'))
const files =
  named.length > 0
    ? named
    : globSync('test/**/*.test.ts', { cwd: root })
        .filter((file) => !file.includes('node_modules'))
        .filter(
          (file) =>
            (file.startsWith(join('test', 'clis'))
              ? 'clis'
              : file.startsWith(join('test', 'soak'))
                ? 'soak'
                : 'all') === suite,
        )
        .sort()

if (files.length === 0) {
  console.error(`There is no test file for ${wanted.join(' ')}.`)
  exit(1)
}
/**
 * Runs test files. Gives the exit code, and the files that failed.
 * @param {readonly string[]} which
 * @param {number} atOnce
 * @returns {Promise<{ code: number, failed: string[] }>}
 */
async function run(which, atOnce) {
  const folder = mkdtempSync(join(tmpdir(), 'test-run-'))
  const list = join(folder, 'failed')
  const args = [
    '--test',
    `--test-concurrency=${atOnce}`,
    '--test-timeout=300000',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${join(root, 'test', 'failed-files.js')}`,
    `--test-reporter-destination=${list}`,
    ...which,
  ]
  const seal = join(root, 'test', 'clis', 'seal.js')
  const child = spawn(execPath, existsSync(seal) ? [seal, ...args] : args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, NODE_NO_WARNINGS: major === 22 ? '1' : '' },
  })
  const code = await new Promise((resolve) => child.on('exit', (ended) => resolve(ended ?? 1)))
  const failed = existsSync(list) ? readFileSync(list, 'utf8').split('\n').filter(Boolean) : []
  rmSync(folder, { recursive: true, force: true })
  return { code, failed: [...new Set(failed)] }
}

let { code, failed } = await run(files, 2)
// On a machine that others use as well a wait can run out although nothing is wrong. Said aloud, and once only: what
// fails again on its own has failed.
if (code !== 0 && env['OMC_TEST_AGAIN'] === '1' && failed.length > 0 && failed.length <= 12) {
  console.log(`\nFailed, and run once more, one after the other:\n  ${failed.join('\n  ')}\n`)
  code = (await run(failed, 1)).code
}
exit(code)
