// The bot as the tests start it: the product's own composition, with a checkpoint that kills the process.
// TEST_ROLE=control|worker: as `start --role`.
// TEST_CLOCK_AHEAD=<ms>: its clock is so much ahead of the machine's.
// TEST_EGRESS=<program>: in the place of the process outside the boxes.
// DIE_AT=<checkpoint>[@<kind of message>][:<nth time>] dies there by SIGKILL, which nothing can catch or tidy up after.
// DIE_AT_FILE=<file>: the same once that file is there, and says where.
import { existsSync, readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { createApp } from '../../src/app.ts'
import { createMachineApp } from '../../src/machine-app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLog, logGoesTo } from '../../src/config/log.ts'
import type { CheckpointName } from '../../src/core/checkpoint.ts'
import type { OwnerKind } from '../../src/core/message.ts'
import { usualTimings, type Timings } from '../../src/core/timings.ts'
import { messageOf } from '../../src/core/failure.ts'
import { aheadBy } from './stage-clock.ts'

interface Aim {
  readonly name: string
  readonly whose: string | null
  left: number
}

const { DIE_AT: born = '', DIE_AT_FILE: later = '' } = process.env
let aim = born === '' ? null : aimOf(born)

function aimOf(moment: string): Aim {
  const [at = '', nth = '1'] = moment.split(':')
  const [name = '', whose = null] = at.split('@')
  return { name, whose, left: Number(nth) }
}

function checkpoint(name: CheckpointName, of?: OwnerKind): void {
  if (aim === null && existsSync(later)) aim = aimOf(readFileSync(later, 'utf8'))
  if (aim === null || name !== aim.name || (aim.whose !== null && aim.whose !== of)) return
  aim.left -= 1
  if (aim.left === 0) process.kill(process.pid, 'SIGKILL')
}

const {
  DIE_AT: _,
  DIE_AT_FILE: __,
  TEST_TIMINGS: timings = '{}',
  TEST_EGRESS: egressProgram,
  TEST_ROLE: role,
  TEST_CLOCK_AHEAD: ahead = '0',
  ...env
} = process.env
const patience = JSON.parse(timings) as Partial<Timings>
const config = loadConfig({ env, folder: process.cwd(), home: homedir() })
const log = createLog({ level: config.logLevel, secrets: config.secrets, to: logGoesTo(config.logFile) })
const clock = aheadBy(Number(ahead))
const deposed = (): never => process.exit(1)
const waits = { ...usualTimings, ...patience }
const options = { config, log, environment: env, checkpoint, deposed, egressProgram, clock, timings: waits }
const app =
  role === 'worker' ? createMachineApp(options) : createApp({ ...options, role: role === 'control' ? role : 'all' })

process.on('SIGTERM', () => void end(0))
process.on('unhandledRejection', (error) => fail(error))
process.on('uncaughtException', (error) => fail(error))
await app.start().catch(fail)
log.info({ healthPort: app.healthPort }, 'app.started')
// Node keeps what it has compiled when it ends, and most of these never do.
flushCompileCache()

async function end(code: number): Promise<void> {
  await app.stop('leave')
  process.exit(code)
}

function fail(error: unknown): void {
  log.error({ error: messageOf(error), stack: error instanceof Error ? error.stack : undefined }, 'app.failed')
  process.exit(1)
}
