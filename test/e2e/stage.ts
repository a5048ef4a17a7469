import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import {
  startSandbox,
  type Actor,
  type Sandbox,
  type SandboxOptions,
  type SeenMessage,
  type SeenPlace,
} from 'loopback-discord'
import { addToTally } from './oracle-tally.ts'
import { Oracle } from 'loopback-discord/oracle'
import { dataIdOf, endMarked, findMarked } from '../../src/runtimes/marker.ts'

/** What the test run keeps compiled serves its bots, too. */
function compiled(): Record<string, string> {
  const folder = process.env['NODE_COMPILE_CACHE']
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder }
}

/** A secret of the bot that no agent may ever see. */
export const plantedSecret = 'planted-secret-of-the-bot-7f3a'

export interface StageOptions {
  /** Variables of the bot beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  readonly sandbox?: SandboxOptions
  /** Where the data folder and the project lie below the stage's own folder; their usual places otherwise. */
  readonly layout?: { readonly data: string; readonly project: string; readonly roots: string }
}

const usualLayout = { data: 'data', project: join('projects', 'shop'), roots: 'projects' }

export interface BotOptions {
  /** `<checkpoint>` or `<checkpoint>:<nth time>`: the bot dies there by SIGKILL. */
  readonly dieAt?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A story's surroundings: a Discord, a data folder that outlives every bot, a project to work in. */
export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly data: string
  readonly project: string
  readonly home: string
  readonly #oracle: Oracle
  readonly #root: string
  readonly #env: Readonly<Record<string, string>>
  readonly #bots: Bot[] = []

  private constructor(sandbox: Sandbox, oracle: Oracle, root: string, { env = {}, layout }: StageOptions) {
    const { data, project, roots } = layout ?? usualLayout
    this.sandbox = sandbox
    this.#oracle = oracle
    this.#root = root
    this.#env = { OMC_PROJECT_ROOTS: join(root, roots), ...env }
    this.data = join(root, data)
    this.project = join(root, project)
    this.home = join(root, 'home')
    for (const folder of [this.data, this.project, this.home]) mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(this.project, 'README.md'), '# Shop\n')
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const oracle = await Oracle.load()
    const sandbox = await startSandbox({
      world: {
        guild: {
          name: 'Team',
          channels: ['general', 'work'],
          roles: [{ name: 'owner' }],
          people: [
            { name: 'olivia', roles: ['owner'], owner: true },
            { name: 'alice', roles: ['owner'] },
            { name: 'minji', roles: ['owner'], locale: 'ko' },
            { name: 'bob' },
          ],
        },
      },
      ...options.sandbox,
      watchers: [oracle, ...(options.sandbox?.watchers ?? [])],
    })
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrator-e2e-')))
    return new Stage(sandbox, oracle, root, options)
  }

  /** Starts the bot on the data folder, and waits until it is connected (or has died where it was told to). */
  async startBot(options: BotOptions = {}): Promise<Bot> {
    const bot = this.spawnBot(options)
    await bot.ready()
    await bot.logged('slash.registered')
    return bot
  }

  /** The same without waiting. */
  spawnBot(options: BotOptions = {}): Bot {
    const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'bot.ts')], {
      cwd: this.#root,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: this.home,
        LANG: 'C.UTF-8',
        ...compiled(),
        TMPDIR: this.#root,
        DISCORD_BOT_TOKEN: this.sandbox.bot.token,
        DISCORD_GUILD_ID: this.sandbox.guildId,
        OMC_DISCORD_API: this.sandbox.api,
        OMC_OWNER_ROLE_ID: this.roleId('owner'),
        OMC_DATA_DIR: this.data,
        OMC_HEALTHZ_PORT: '0',
        OMC_LOG_LEVEL: 'debug',
        DATABASE_PASSWORD: plantedSecret,
        ...this.#env,
        ...options.env,
        ...(options.dieAt === undefined ? {} : { DIE_AT: options.dieAt }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const bot = new Bot(child)
    this.#bots.push(bot)
    return bot
  }

  roleId(name: string): string {
    for (const guild of this.sandbox.world.guilds.values()) {
      for (const role of guild.roles.values()) if (role.name === name) return role.id
    }
    throw new Error(`There is no role ${name} here.`)
  }

  /** A thread in #general with a session in it, started by its slash command. */
  async session(actor: Actor, name: string, runtime = 'echo', workdir?: string): Promise<SeenPlace> {
    const thread = await actor.opensThread('general', name)
    const options = { name, runtime, ...(workdir === undefined ? {} : { workdir }) }
    const outcome = await actor.runs(thread, '/session start', options)
    const reply = await outcome.settled(30_000)
    if (!reply.content.includes(name)) throw new Error(`The session did not start: ${reply.content}`)
    return thread
  }

  /** The bot's own messages in a place as an actor sees them now, oldest first, without ephemerals. */
  async botMessages(actor: Actor, place: SeenPlace): Promise<SeenMessage[]> {
    const messages = await actor.messages(place)
    return messages.filter((message) => message.author.id === this.sandbox.bot.id && !message.ephemeral)
  }

  /** Waits until the bot itself shows something: in a message's text or on its card. */
  async botShows(actor: Actor, place: SeenPlace, what: string | RegExp, within = 15_000): Promise<SeenMessage> {
    const fits = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
    const looks = (message: SeenMessage): boolean =>
      fits(message.content) || message.embeds.some((embed) => fits(embed.description ?? ''))
    return actor.sees(
      place,
      (message) => message.author.id === this.sandbox.bot.id && !message.ephemeral && looks(message),
      {
        within,
      },
    )
  }

  /** Processes of agents that this stage's bots started and that are alive, by pid. */
  async agents(): Promise<readonly number[]> {
    return (await findMarked(dataIdOf(join(this.data, 'spools')))).map(({ pid }) => pid)
  }

  /** Asks the database while no bot has it, or beside one (read only). */
  query<Row>(sql: string): Row[] {
    const db = new DatabaseSync(join(this.data, 'orchestrator.sqlite'), { readOnly: true })
    try {
      return db.prepare(sql).all() as Row[]
    } finally {
      db.close()
    }
  }

  /** Ends everything, and fails when something of ours cannot be ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const bot of this.#bots) await bot.kill()
    const data = dataIdOf(join(this.data, 'spools'))
    await endMarked(data, () => true, 0)
    await this.sandbox.close()
    const left = await this.agents()
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 })
    // Every exchange and dispatch of the story was held against Discord's own description.
    addToTally(this.#oracle.report())
    this.#oracle.assertClean()
    if (left.length > 0) throw new Error(`processes of this test are left: ${left.join(', ')}`)
  }
}

/** A bot as a process of its own. */
export class Bot {
  readonly log: Record<string, unknown>[] = []
  readonly #child: ChildProcess
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #watchers = new Set<() => void>()
  #stderr = ''

  constructor(child: ChildProcess) {
    this.#child = child
    this.#exit = once(child, 'exit').then(([code, signal]) => {
      for (const watcher of this.#watchers) watcher()
      return { code: code as number | null, signal: signal as NodeJS.Signals | null }
    })
    const { stdout, stderr } = child
    if (stdout === null || stderr === null) throw new Error('the bot was started without pipes')
    stderr.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    createInterface({ input: stdout }).on('line', (line) => {
      this.log.push(line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line })
      for (const watcher of this.#watchers) watcher()
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when the bot is connected; rejects when it ended before by itself. */
  async ready(): Promise<void> {
    await this.logged('app.started', 30_000)
  }

  /** Waits for a line of the log by its name. Resolves as well when the bot was killed (see `died`). */
  async logged(msg: string, within = 15_000): Promise<Record<string, unknown>> {
    return this.#until(
      () => {
        const line = this.log.find((each) => each['msg'] === msg)
        if (line !== undefined) return line
        if (this.#child.signalCode === 'SIGKILL') return {}
        if (this.alive) return null
        throw new Error(`The bot ended (${this.#child.exitCode}) before it logged ${msg}.\n${this.#tail()}`)
      },
      within,
      msg,
    )
  }

  /** Waits until a checkpoint has killed it. */
  async died(within = 20_000): Promise<void> {
    await this.#until(() => (this.alive ? null : true), within, 'its death')
    const { signal, code } = await this.#exit
    if (signal !== 'SIGKILL') throw new Error(`The bot ended by ${signal ?? code}, not by SIGKILL.\n${this.#tail()}`)
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.alive) this.#child.kill('SIGKILL')
    await this.#exit
  }

  /** SIGTERM, and waits for the end. */
  async terminate(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return (await this.#exit).code
  }

  async health(): Promise<Record<string, unknown>> {
    const started = await this.logged('app.started')
    const answer = await fetch(`http://127.0.0.1:${String(started['healthPort'])}/healthz`)
    return (await answer.json()) as Record<string, unknown>
  }

  #until<Value>(look: () => Value | null, within: number, what: string): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => end(() => reject(new Error(`${what} did not come in ${within} ms.\n${this.#tail()}`))),
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

  #tail(): string {
    return [...this.log.slice(-25).map((line) => JSON.stringify(line)), this.#stderr].join('\n')
  }
}

/** Waits until a question has an answer; for what no event tells. */
export async function until<Value>(
  question: () => Promise<Value | null | false> | Value | null | false,
  within = 10_000,
  what = 'what was waited for',
): Promise<Value> {
  const deadline = Date.now() + within
  for (;;) {
    const answer = await question()
    if (answer !== null && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`${what} did not come in ${within} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
