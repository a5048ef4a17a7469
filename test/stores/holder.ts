import { spawn } from 'node:child_process'
import { writeSync } from 'node:fs'
import { messageOf } from '../../src/core/failure.ts'
import { openStore } from '../../src/stores/open.ts'
import { hurriedClock, quietLog, realClock } from './cast.ts'

/**
 * A bot that opens a folder, says so, and holds it until it is killed or told to end by a line on stdin.
 * With `hurried`, no wait is long. With `child`, it first starts a detached process that lives on, as agents do, and says its pid.
 * With a `url`, on PostgreSQL.
 */
const [folder = '', wish, url = null] = process.argv.slice(2)
try {
  const clock = wish === 'hurried' ? hurriedClock : realClock
  const store = await openStore({ folder, url, clock, log: quietLog })
  let child: number | null = null
  if (wish === 'child') {
    const agent = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], { detached: true, stdio: 'ignore' })
    agent.unref()
    child = agent.pid ?? null
  }
  writeSync(1, `${JSON.stringify({ open: true, starts: store.starts, child })}\n`)
  process.stdin.once('data', () => void store.close().then(() => process.exit(0)))
} catch (error) {
  writeSync(1, `${JSON.stringify({ open: false, message: messageOf(error) })}\n`)
}
