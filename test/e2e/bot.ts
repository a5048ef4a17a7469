// The bot as the tests start it: the product's own composition, with a checkpoint that kills the process.
// TEST_EGRESS=<program>: in the place of the process outside the boxes.
// DIE_AT=<checkpoint>[@<kind of message>][:<nth time>] dies there by SIGKILL, which nothing can catch or tidy up after.
import { homedir } from 'node:os'
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLog } from '../../src/config/log.ts'
import type { CheckpointName } from '../../src/core/checkpoint.ts'
import type { OwnerKind } from '../../src/core/message.ts'
import { usualTimings, type Timings } from '../../src/core/timings.ts'
import { messageOf } from '../../src/core/failure.ts'

const [moment = '', nth = '1'] = (process.env['DIE_AT'] ?? '').split(':')
const [dieAt, whose = null] = moment.split('@')
let left = Number(nth)

function checkpoint(name: CheckpointName, of?: OwnerKind): void {
  if (name !== dieAt || (whose !== null && whose !== of)) return
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}

const { DIE_AT: _, TEST_TIMINGS: timings = '{}', TEST_EGRESS: egressProgram, ...env } = process.env
const patience = JSON.parse(timings) as Partial<Timings>
const config = loadConfig({ env, folder: process.cwd(), home: homedir() })
const log = createLog({ level: config.logLevel, secrets: config.secrets })
const more = { egressProgram, timings: { ...usualTimings, ...patience } }
const app = createApp({ config, log, environment: env, checkpoint, ...more })

process.on('SIGTERM', () => void end(0))
process.on('unhandledRejection', (error) => fail(error))
process.on('uncaughtException', (error) => fail(error))
await app.start().catch(fail)
log.info({ healthPort: app.healthPort }, 'app.started')

async function end(code: number): Promise<void> {
  await app.stop('leave')
  process.exit(code)
}

function fail(error: unknown): void {
  log.error({ error: messageOf(error), stack: error instanceof Error ? error.stack : undefined }, 'app.failed')
  process.exit(1)
}
