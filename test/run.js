// Runs the tests: `node test/run.js` all that need no real CLI, `--clis` the real ones, `--soak` the short fault run,
// `--everything` all three, or what the words given match. docs/TESTING.md says how to work with it.
// Plain JavaScript, because it may be started by a Node that cannot run TypeScript yet.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { argv, env, execPath, exit, version } from 'node:process'
import { sealed } from './clis/seal.js'

const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`Tests need Node 22.18 or newer; this is ${version}. Run them with: npm test (after npm ci)`)
  exit(1)
}

const self = [import.meta.filename, ...argv.slice(2)]
const wrapped = env['OMC_TEST_SEALED'] === undefined ? sealed(execPath, self) : null
if (wrapped === null) {
  if (env['OMC_TEST_SEALED'] === undefined)
    console.error('Not sealed: a network namespace needs Linux, root, unshare and ip. Going on with the real network.')
  await import('./runner/main.ts')
} else {
  // The runner itself is sealed: all that talks to each other over 127.0.0.1 must stand in the same namespace.
  // Its folder is ours, because a signal ends it with all that stands in there before it could clean up.
  const folder = mkdtempSync(join(tmpdir(), 'omc-test-'))
  chmodSync(folder, 0o711)
  const child = spawn(wrapped.command, wrapped.args, {
    stdio: 'inherit',
    env: { ...env, OMC_TEST_SEALED: '1', TMPDIR: folder },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill('SIGKILL'))
  child.on('exit', (code) => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    exit(code ?? 130)
  })
}
