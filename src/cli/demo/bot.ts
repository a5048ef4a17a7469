import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

export interface BotOptions {
  /** The program and its arguments. */
  readonly command: readonly [string, ...string[]]
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>
  /** Where it is started. */
  readonly folder: string
  /** Where its log goes. */
  readonly logFile: string
  /** Tells the person at the terminal, a line at a time. */
  readonly say: (line: string) => void
}

const firstPauseMs = 300
const longestPauseMs = 30_000

/** Having lived this long, its next death is a new story. */
const healthyMs = 60_000

/** How long it may take to end by itself. */
const patienceMs = 35_000

/** The demo's bot: a process of its own, so that one can kill it, started anew whenever it dies. */
export class DemoBot implements AsyncDisposable {
  readonly #options: BotOptions
  readonly #closing = new AbortController()
  readonly #log: ReturnType<typeof createWriteStream>
  #child: ChildProcess | null = null
  #deadUntil = 0
  #life: Promise<void> = Promise.resolve()

  constructor(options: BotOptions) {
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 })
  }

  /** Starts it, and goes on starting it until `close`. */
  open(): void {
    this.#life = this.#live()
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** What no program can do anything about. Gives the pid of who died; `deadMs`: the next one is not started before. */
  kill(deadMs = 0): number | null {
    const pid = this.pid
    this.#deadUntil = performance.now() + deadMs
    this.#child?.kill('SIGKILL')
    return pid
  }

  /** Asks it to end; the next one is started. Its agents work on meanwhile. */
  restart(): void {
    this.#child?.kill('SIGTERM')
  }

  /** Ends it together with its agents. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort()
    const child = this.#child
    // The bot is tied to its standard input: at the end of it, it ends its agents and then itself.
    child?.stdin?.end()
    const impatient = setTimeout(() => child?.kill('SIGKILL'), patienceMs)
    await this.#life
    clearTimeout(impatient)
    await new Promise<void>((resolve) => this.#log.end(() => resolve()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #live(): Promise<void> {
    const { signal } = this.#closing
    let pauseMs = firstPauseMs
    while (!signal.aborted) {
      const began = performance.now()
      const how = await this.#liveOnce()
      if (signal.aborted) return
      if (performance.now() - began > healthyMs) pauseMs = firstPauseMs
      this.#options.say(`The bot has ended (${how}). Starting it again.`)
      await sleep(Math.max(pauseMs, this.#deadUntil - performance.now()), signal)
      pauseMs = Math.min(pauseMs * 2, longestPauseMs)
    }
  }

  /** One life, from start to end; gives how it ended. */
  async #liveOnce(): Promise<string> {
    const { command, env, folder, say } = this.#options
    const [program, ...args] = command
    // A group of its own: Ctrl+C at the terminal is for the demo, which ends the bot in its own order.
    const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child = child
    // It may die before it reads the end of its standard input.
    child.stdin.on('error', () => {})
    child.stdout.pipe(this.#log, { end: false })
    try {
      child.once('spawn', () => say(`The bot runs (pid ${child.pid}).`))
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      return signal ?? `exit code ${code}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      this.#child = null
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
