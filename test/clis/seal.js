// Runs a node command line where nothing but loopback is the network, so that a real CLI under test cannot reach its
// makers, and where nothing but its own processes can be seen, so that those it leaves behind can be counted:
// node test/clis/seal.js --test test/clis/claude.test.ts
// Everything that talks to each other over 127.0.0.1 must stand inside the same namespace, so it is the test runner
// that is sealed, never a single CLI. Plain JavaScript: it also runs under the machine's own, older Node.
import { spawn, spawnSync } from 'node:child_process'
import { argv, execPath, exit, stderr } from 'node:process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// The shell stays: the first process of a namespace takes in the orphans, and whatever is left ends with it.
const loopbackOnly = ['-n', '-p', '-f', '--mount-proc', '--kill-child', 'sh', '-c', 'ip link set lo up && "$@"', 'sh']

/**
 * The command line that runs `command` with loopback as its only network and its own processes, or null where that is impossible
 * (not Linux, not root, no unshare or ip).
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {{command: string, args: string[]} | null}
 */
export function sealed(command, args) {
  const trial = spawnSync('unshare', [...loopbackOnly, 'true'], { stdio: 'ignore' })
  return trial.status === 0 ? { command: 'unshare', args: [...loopbackOnly, command, ...args] } : null
}

const leftFile = fileURLToPath(new URL('left.js', import.meta.url))

if (argv[1] !== undefined && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const wrapped = sealed(execPath, [leftFile, ...argv.slice(2)])
  if (wrapped === null)
    stderr.write('Not sealed: a network namespace needs Linux, root, unshare and ip. Going on with the real network.\n')
  const { command, args } = wrapped ?? { command: execPath, args: [leftFile, ...argv.slice(2)] }
  const child = spawn(command, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    stderr.write(`${command} could not be started: ${error.message}\n`)
    exit(1)
  })
  child.on('exit', (code, signal) => exit(code ?? (signal === null ? 1 : 128)))
}
