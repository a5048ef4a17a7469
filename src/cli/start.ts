import { createApp, type App, type AppOptions } from '../app.ts'
import { Problem } from '../core/failure.ts'
import type { Config } from '../config/config.ts'
import { createLog, logGoesTo, scrubber } from '../config/log.ts'
import type { Log } from '../core/log.ts'
import { background } from '../system/background.ts'
import { version } from '../system/program.ts'
import { exitCodeOf, toldOf } from './exit.ts'

export interface StartOptions {
  readonly config: Config
  /** Ends with whoever holds the other end of standard input, and ends the agents with it: the demo's bot. */
  readonly tied: boolean
  readonly role: Role
}

/** `all`: Discord and agents. `control`: Discord alone; `worker`: agents alone. The last two share a PostgreSQL database. */
export type Role = 'all' | 'control' | 'worker'

/**
 * npm and the launcher pass a signal on that the terminal has sent to the whole group already, so a signal can come
 * twice for one Ctrl+C. What comes later than this is a person who has lost patience.
 */
const sameSignalMs = 1000

/** A stop that takes longer than this is stuck. Supervisors wait about as long before they kill. */
const stopWithinMs = 30_000

/**
 * Runs the bot until it is told to end.
 *
 *     SIGTERM, SIGINT, SIGHUP   lets go and leaves the agents working for the next life
 *     SIGUSR2                   ends the agents, too (`stop --all`)
 *     a second one              ends at once
 *
 * Whatever goes wrong unexpectedly is logged and ends the process with 1, so that a supervisor starts it anew.
 */
export async function start({ config, tied, role }: StartOptions): Promise<void> {
  const log = createLog({ level: config.logLevel, secrets: config.secrets, to: logGoesTo(config.logFile) })
  crashLoudly(log)
  // With 1, so that a supervisor starts it anew: it stands by then.
  const deposed = (): never => process.exit(1)
  const options = { config, log, environment: process.env, practice: tied, deposed }
  const app = role === 'worker' ? await machineApp(options) : createApp({ ...options, role: roleOf(config, role) })
  // Timers of the bot do not keep a process alive; while Discord cannot be reached, nothing else might.
  setInterval(() => {}, 2_147_483_647)
  const stop = stopOnce(app, log)
  obeySignals(stop, log)
  if (tied) process.stdin.on('end', () => void stop('end', 0)).resume()
  try {
    await app.start()
    log.info({ version, node: process.versions.node, healthPort: app.healthPort }, 'bot.started')
  } catch (error) {
    if (stop.begun()) return
    log.error({ error }, 'bot.start-failed')
    process.stderr.write(`${scrubber(config.secrets)(toldOf(error))}\n`)
    await stop('leave', exitCodeOf(error))
  }
}

async function machineApp(options: AppOptions): Promise<App> {
  const { createMachineApp } = await import('../machine-app.ts')
  return createMachineApp(options)
}

function roleOf({ databaseUrl }: Config, role: 'all' | 'control'): 'all' | 'control' {
  if (role === 'all' || databaseUrl !== null) return role
  throw new Problem(
    'refused',
    '--role control needs OMC_DATABASE_URL: agents on other machines work with the bot through a PostgreSQL database. ' +
      'docs/MANY-MACHINES.md says how to set it up.',
  )
}

interface Stop {
  (agents: 'leave' | 'end', code: number): Promise<void>
  begun(): boolean
}

function stopOnce(app: App, log: Log): Stop {
  let begun = false
  async function stop(agents: 'leave' | 'end', code: number): Promise<void> {
    if (begun) return
    begun = true
    setTimeout(() => {
      log.error({ afterMs: stopWithinMs }, 'bot.stop-stuck')
      process.exit(1)
    }, stopWithinMs).unref()
    try {
      await app.stop(agents)
      log.info({ agents }, 'bot.stopped')
      process.exit(code)
    } catch (error) {
      log.error({ error }, 'bot.stop-failed')
      process.exit(1)
    }
  }
  return Object.assign(stop, { begun: () => begun })
}

function obeySignals(stop: Stop, log: Log): void {
  let since: number | null = null
  const obey = (agents: 'leave' | 'end') => (signal: NodeJS.Signals, number: number) => {
    if (since !== null) {
      if (performance.now() - since > sameSignalMs) process.exit(128 + number)
      return
    }
    since = performance.now()
    log.info({ signal, agents }, 'bot.stopping')
    background(stop(agents, 0), log, 'bot.stop')
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, obey('leave'))
  process.on('SIGUSR2', obey('end'))
}

function crashLoudly(log: Log): void {
  process.on('uncaughtException', (error, origin) => {
    log.error({ error, origin }, 'process.crashed')
    process.exit(1)
  })
}
