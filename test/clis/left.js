// Runs a node command line and fails when it leaves agents behind: node test/clis/left.js --test <files>
// An agent and everything it starts carries our marker in its environment (src/runtimes/engine/marker.ts). Those that were
// there before do not count: without a namespace of our own they are somebody else's. Plain JavaScript, like seal.js.
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { argv, execPath, exit, platform, stderr } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

/** Command lines by pid of all that carry a marker. @returns {Map<string, string>} */
function marked() {
  if (platform !== 'linux') return new Map()
  return new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const isOurs = /(^|\0)OMC_SPOOL=/.test(readFileSync(`/proc/${pid}/environ`, 'latin1'))
          const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim()
          return isOurs ? [[pid, command]] : []
        } catch {
          // Another user's, or gone meanwhile.
          return []
        }
      }),
  )
}

const before = marked()
const child = spawn(execPath, argv.slice(2), { stdio: 'inherit' })
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => void conclude(code ?? (signal === null ? 1 : 128)))

/** @param {number} code */
async function conclude(code) {
  let left = new Map()
  // One that is ending needs a moment.
  for (let tries = 0; tries < 40; tries++) {
    left = new Map([...marked()].filter(([pid]) => !before.has(pid)))
    if (left.size === 0) break
    await delay(50)
  }
  stderr.write(`Agents left behind: ${left.size}\n`)
  for (const [pid, command] of left) stderr.write(`  ${pid} ${command.slice(0, 200)}\n`)
  exit(code !== 0 || left.size === 0 ? code : 1)
}
