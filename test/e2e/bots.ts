import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createApp, type App } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLog } from '../../src/config/log.ts'
import { messageOf } from '../../src/core/failure.ts'
import type { Timings } from '../../src/core/timings.ts'

/** Where and as what a bot is started. */
export interface BotPlace {
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Its working folder. */
  readonly folder: string
  readonly home: string
  readonly timings: Timings
  /** Another version's `bot.ts`, absolute; this one's otherwise. */
  readonly program?: string
}

/** A bot at work, with what it logs. */
export abstract class Bot {
  readonly log: Record<string, unknown>[] = []
  readonly #watchers = new Set<() => void>()

  abstract readonly alive: boolean
  abstract readonly pid: number
  /** kill -9. */
  abstract kill(): Promise<void>
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
    await this.logged('app.started', 90_000)
  }

  /** Waits for a line of the log by its name. Resolves as well when the bot was killed (see `died`). */
  logged(msg: string, within = 60_000): Promise<Record<string, unknown>> {
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
    const started = await this.logged('app.started')
    const answer = await fetch(`http://127.0.0.1:${String(started['healthPort'])}/healthz`)
    return (await answer.json()) as Record<string, unknown>
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
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  #stderr = ''

  constructor(child: ChildProcess) {
    super()
    this.#child = child
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

  async died(within = 60_000): Promise<void> {
    await this.until(() => (this.alive ? null : true), within, 'its death')
    const { signal, code } = await this.#exit
    if (signal !== 'SIGKILL') throw new Error(`The bot ended by ${signal ?? code}, not by SIGKILL.\n${this.tail()}`)
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
export function startProcess(
  { env, folder, home, timings, program = join(import.meta.dirname, 'bot.ts') }: BotPlace,
  dieAt: string | null,
): ProcessBot {
  const child = spawn(process.execPath, ['--disable-sigusr1', program], {
    cwd: folder,
    env: {
      ...env,
      HOME: home,
      TEST_TIMINGS: JSON.stringify(timings),
      ...(dieAt === null ? {} : { DIE_AT: dieAt }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return new ProcessBot(child)
}

/** A bot in the test's own process: the same composition, without the start of a process. */
export class InnerBot extends Bot {
  readonly pid = process.pid
  readonly #app: App
  readonly #starting: Promise<void>
  #over: string | null = null

  constructor({ env, folder, home, timings }: BotPlace) {
    super()
    const config = loadConfig({ env, folder, home })
    const to = { write: (line: string) => this.take(line) }
    const log = createLog({ level: config.logLevel, secrets: config.secrets, to })
    this.#app = createApp({ config, log, environment: { ...env, HOME: home }, timings })
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
    return Promise.reject(new Error('A story that kills its bot opens its stage with { ownProcess: true }.'))
  }

  died(): Promise<void> {
    return this.kill()
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
