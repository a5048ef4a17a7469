import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { messageOf } from '../../src/core/failure.ts'
import type { Timings } from '../../src/core/timings.ts'
import type { App } from './composition.ts'
import { aheadBy } from './stage-clock.ts'
import { patienceMs } from '../patience.ts'

/** The runner bundles it once; a file that is run without the runner takes the sources. */
const usualProgram = process.env['OMC_TEST_BOT'] ?? join(import.meta.dirname, 'bot.ts')

/** From the same place, so that a bot in the test's process takes up what one of its own has left: the same programs. */
const composition = usualProgram.endsWith('.ts') ? 'composition.ts' : 'composition.js'
const composed = (await import(join(dirname(usualProgram), composition))) as typeof import('./composition.ts')
const { createApp, createLog, createMachineApp, loadConfig } = composed

/** Where and as what a bot is started. */
export interface BotPlace {
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Its working folder. */
  readonly folder: string
  readonly home: string
  readonly timings: Timings
  /** By so much its clock is ahead of the machine's. */
  readonly aheadMs: number
  /** Another version's `bot.ts`, absolute; this one's otherwise. */
  readonly program?: string
  /** A command that runs it, with its arguments, and becomes it; nobody otherwise. */
  readonly within?: readonly string[]
}

let freshDatabase: Buffer | null = null

/**
 * Lays an empty database into an empty data folder: making one takes a tenth of the CPU of a bot's start, and the tests of
 * stores/ hold how it is made.
 */
function layDatabase({ env, program = usualProgram }: BotPlace): void {
  const data = env['OMC_DATA_DIR'] ?? ''
  const isElsewhere = env['OMC_DATABASE_URL'] !== undefined || env['TEST_ROLE'] === 'worker' || program !== usualProgram
  if (isElsewhere || !existsSync(data) || readdirSync(data).length > 0) return
  const path = join(data, composed.databaseName)
  if (freshDatabase !== null) return writeFileSync(path, freshDatabase, { mode: 0o600 })
  const made = composed.openSqlite(path)
  composed.migrate(made, composed.migrations, Date.now())
  made.raw.close()
  freshDatabase = readFileSync(path)
}

/** A bot at work, with what it logs. */
export abstract class Bot {
  readonly log: Record<string, unknown>[] = []
  readonly #watchers = new Set<() => void>()

  abstract readonly alive: boolean
  abstract readonly pid: number
  /** kill -9. */
  abstract kill(): Promise<void>
  /** From now on it dies at `<checkpoint>`, as it would with `dieAt`. */
  abstract diesAt(moment: string): void
  /** Waits until a checkpoint has killed it. */
  abstract died(within?: number): Promise<void>
  /** SIGTERM, and waits for the end. */
  abstract terminate(): Promise<number | null>
  /** Whatever it takes, at the end of a story. */
  abstract end(): Promise<void>
  /** Why no line will come any more; null while some may. An empty text: it was killed, which is no failure. */
  protected abstract ended(): string | null

  /** Resolves when the bot is connected; rejects when it ended before by itself. */
  async ready(): Promise<void> {
    await this.logged('app.started')
  }

  /** Waits for a line of the log by its name. Resolves as well when the bot was killed (see `died`). */
  logged(msg: string, within = patienceMs): Promise<Record<string, unknown>> {
    return this.until(
      () => {
        const line = this.log.find((each) => each['msg'] === msg)
        if (line !== undefined) return line
        const why = this.ended()
        if (why === '') return {}
        if (why !== null) throw new Error(`The bot ended (${why}) before it logged ${msg}.\n${this.tail()}`)
        return null
      },
      within,
      msg,
    )
  }

  async health(): Promise<Record<string, unknown>> {
    return (await (await this.#asks('/healthz')).json()) as Record<string, unknown>
  }

  /** What Prometheus would read. */
  async metrics(): Promise<string> {
    return (await this.#asks('/metrics')).text()
  }

  async #asks(path: string): Promise<Response> {
    const started = await this.logged('app.started')
    // Not over a connection that the bot may be about to end, because nobody has asked anything for five seconds.
    const headers = { connection: 'close' }
    return fetch(`http://127.0.0.1:${String(started['healthPort'])}${path}`, { headers })
  }

  protected take(line: string): void {
    this.log.push(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line })
    this.look()
  }

  protected look(): void {
    for (const watcher of this.#watchers) watcher()
  }

  protected until<Value>(look: () => Value | null, within: number, what: string): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => end(() => reject(new Error(`${what} did not come in ${within} ms.\n${this.tail()}`))),
        within,
      )
      const check = (): void => {
        try {
          const found = look()
          if (found !== null) end(() => resolve(found))
        } catch (error) {
          end(() => reject(error instanceof Error ? error : new Error(String(error))))
        }
      }
      const end = (settle: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(check)
        settle()
      }
      this.#watchers.add(check)
      check()
    })
  }

  protected tail(): string {
    return this.log
      .slice(-25)
      .map((line) => JSON.stringify(line))
      .join('\n')
  }
}

/** A bot as a process of its own, for stories that kill it or look into it from outside. */
export class ProcessBot extends Bot {
  readonly #child: ChildProcess
  /** The file that tells it where to die; null: it was not told of one. */
  readonly #aim: string | null
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  #stderr = ''

  constructor(child: ChildProcess, aim: string | null = null) {
    super()
    this.#child = child
    this.#aim = aim
    this.#exit = once(this.#child, 'exit').then(([code, signal]) => {
      this.look()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null }
    })
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('the bot was started without pipes')
    stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    createInterface({ input: stdout }).on('line', (line) => this.take(line))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async died(within = patienceMs): Promise<void> {
    await this.until(() => (this.alive ? null : true), within, 'its death')
    const { signal, code } = await this.#exit
    if (signal !== 'SIGKILL') throw new Error(`The bot ended by ${signal ?? code}, not by SIGKILL.\n${this.tail()}`)
  }

  diesAt(moment: string): void {
    if (this.#aim === null) throw new Error('This bot was not told where it hears that.')
    writeFileSync(`${this.#aim}.new`, moment)
    renameSync(`${this.#aim}.new`, this.#aim)
  }

  async kill(): Promise<void> {
    if (this.alive) this.#child.kill('SIGKILL')
    await this.#exit
  }

  async terminate(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return (await this.#exit).code
  }

  end(): Promise<void> {
    return this.kill()
  }

  protected ended(): string | null {
    if (this.alive) return null
    return this.#child.signalCode === 'SIGKILL' ? '' : String(this.#child.exitCode)
  }

  protected override tail(): string {
    return `${super.tail()}\n${this.#stderr}`
  }
}

/** `dieAt`: `<checkpoint>` or `<checkpoint>:<nth time>`; it dies there by SIGKILL. */
export function startProcess(place: BotPlace, dieAt: string | null): ProcessBot {
  const { env, folder, home, timings, aheadMs, program = usualProgram, within = [] } = place
  layDatabase(place)
  const aim = join(folder, `die-at-${randomUUID()}`)
  const [command, ...args] = [...within, process.execPath, '--disable-sigusr1', program] as const
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      ...env,
      HOME: home,
      TEST_TIMINGS: JSON.stringify(timings),
      ...(aheadMs === 0 ? {} : { TEST_CLOCK_AHEAD: String(aheadMs) }),
      DIE_AT_FILE: aim,
      ...(dieAt === null ? {} : { DIE_AT: dieAt }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new ProcessBot(child, aim)
}

const notKilled = 'A bot that is killed is started with { ownProcess: true }; the first of a story by its stage.'

/** A bot in the test's own process: the same composition, without the start of a process. */
export class InnerBot extends Bot {
  readonly pid = process.pid
  readonly #app: App
  readonly #starting: Promise<void>
  #over: string | null = null

  constructor(place: BotPlace) {
    super()
    const { env, folder, home, timings, aheadMs } = place
    layDatabase(place)
    const { TEST_ROLE: role, ...own } = env
    const config = loadConfig({ env: own, folder, home })
    const to = { write: (line: string) => this.take(line) }
    const log = createLog({ level: config.logLevel, secrets: config.secrets, to })
    const options = { config, log, environment: { ...own, HOME: home }, timings, clock: aheadBy(aheadMs) }
    this.#app =
      role === 'worker' ? createMachineApp(options) : createApp({ ...options, role: role === 'control' ? role : 'all' })
    this.#starting = this.#app.start().then(
      () => log.info({ healthPort: this.#app.healthPort }, 'app.started'),
      (error: unknown) => {
        this.#over ??= messageOf(error)
        this.look()
      },
    )
  }

  get alive(): boolean {
    return this.#over === null
  }

  kill(): Promise<void> {
    return Promise.reject(new Error(notKilled))
  }

  died(): Promise<void> {
    return this.kill()
  }

  diesAt(): never {
    throw new Error(notKilled)
  }

  async terminate(): Promise<number> {
    this.#over ??= 'stopped'
    await this.#app.stop('leave')
    await this.#starting
    return 0
  }

  async end(): Promise<void> {
    await this.terminate()
  }

  protected ended(): string | null {
    return this.#over
  }
}
