// Runs the tests with Node's own runner: `node test/run.js` everything that needs no real CLI, `--clis` the real ones
// (sealed from the network where that is possible), `--soak` the short fault run, or the files named.
// Plain JavaScript, because it may be started by a Node that cannot run TypeScript yet.
import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
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
    : globSync(['test/**/*.test.ts', 'packages/*/test/**/*.test.ts'], { cwd: root })
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
const args = ['--test', '--test-concurrency=2', '--test-timeout=300000', ...files]
const seal = join(root, 'test', 'clis', 'seal.js')
const line = existsSync(seal) ? [seal, ...args] : args
const child = spawn(execPath, line, {
  cwd: root,
  stdio: 'inherit',
  env: { ...env, NODE_NO_WARNINGS: major === 22 ? '1' : '' },
})
child.on('exit', (code) => exit(code ?? 1))
