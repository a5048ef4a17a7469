import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { dataIdOf, endMarked, findMarked } from '../src/runtimes/engine/marker.ts'
import { startSandbox, type Actor, type Sandbox, type SeenPlace, type Watcher } from 'loopback-discord'
import { ProcessBot, type Bot } from '../test/e2e/bots.ts'
import { until } from '../test/e2e/stage.ts'
import { built } from './build.ts'
import { moment } from './figure.ts'

/** The product's own code, its types stripped at the start. */
export const botFromSource = join(import.meta.dirname, 'bot.ts')

/** A checkpoint that a bot passed, and when. */
export interface Mark {
  readonly name: string
  readonly at: number
}

/** The surroundings of a bot that is measured: a Discord, a data folder, one person. */
export class Stage implements AsyncDisposable {
  readonly sandbox: Sandbox
  readonly data: string
  readonly root: string
  /** When the sandbox's gateway handed each message to the bot's socket, by the message's id. */
  readonly handedToBot: ReadonlyMap<string, number>
  /** When each request of the bot was answered that counts for its fifty a second. */
  readonly asked: readonly number[]
  readonly #env: Readonly<Record<string, string>>
  readonly #bots: Bot[] = []

  private constructor(
    sandbox: Sandbox,
    told: Pick<Stage, 'handedToBot' | 'asked'>,
    env: Readonly<Record<string, string>>,
  ) {
    this.sandbox = sandbox
    this.handedToBot = told.handedToBot
    this.asked = told.asked
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrator-bench-')))
    this.data = join(this.root, 'data')
    this.#env = env
    for (const name of ['data', 'home', 'projects']) mkdirSync(join(this.root, name), { mode: 0o700 })
  }

  /** `env`: variables of every bot beside the usual ones; `others`: how many people there are beside Olivia, as `person0` …. */
  static async open(env: Readonly<Record<string, string>> = {}, others = 0): Promise<Stage> {
    const handed = new Map<string, number>()
    const asked: number[] = []
    const watcher: Watcher = {
      exchange({ isBot, path }) {
        if (isBot && !path.includes('/interactions/')) asked.push(moment())
      },
      dispatch(name, data, toBot) {
        if (toBot && name === 'MESSAGE_CREATE') handed.set((data as { id: string }).id, moment())
      },
      report: () => ({}),
    }
    const team = Array.from({ length: others }, (_, nth) => ({ name: `person${nth}`, roles: ['owner'] }))
    const people = [{ name: 'olivia', roles: ['owner'], owner: true }, ...team]
    const sandbox = await startSandbox({
      world: { guild: { name: 'Team', channels: ['general'], roles: [{ name: 'owner' }], people } },
      watchers: [watcher],
    })
    return new Stage(sandbox, { handedToBot: handed, asked }, env)
  }

  /** Starts the product on the data folder, as built or from source. Does not wait until it is connected. */
  spawnBot(file: string = built.bot, args: readonly string[] = []): ProcessBot {
    return this.#spawn([file, ...args], {
      HOME: join(this.root, 'home'),
      LANG: 'C.UTF-8',
      TMPDIR: this.root,
      DISCORD_BOT_TOKEN: this.sandbox.bot.token,
      DISCORD_GUILD_ID: this.sandbox.guildId,
      OMC_DISCORD_API: this.sandbox.api,
      OMC_OWNER_ROLE_ID: this.#ownerRole(),
      OMC_PROJECT_ROOTS: join(this.root, 'projects'),
      OMC_DATA_DIR: this.data,
      OMC_HEALTHZ_PORT: '0',
      ...this.#env,
    })
  }

  /** Starts the bot that is only discord.js. */
  spawnBareBot(): Bot {
    return this.#spawn([built.bare], { API: this.sandbox.api, TOKEN: this.sandbox.bot.token })
  }

  /** The same, connected and with its commands there. */
  async startBot(file: string = built.bot): Promise<Bot> {
    const bot = this.spawnBot(file)
    await bot.ready()
    const person = await this.person()
    // Commands are registered after the connection stands, one after the other.
    const isThere = async (): Promise<boolean> =>
      (await person.commands('general')).some(({ name }) => name === 'session')
    await until(isThere, 15_000, 'the slash commands')
    return bot
  }

  person(): Promise<Actor> {
    return this.sandbox.actor('olivia')
  }

  /** A thread with a session in it, started by its slash command. */
  async session(name: string, runtime: string, by?: Actor): Promise<SeenPlace> {
    const person = by ?? (await this.person())
    const thread = await person.opensThread('general', name)
    const reply = await (await person.runs(thread, '/session start', { name, runtime })).settled(30_000)
    if (!reply.content.includes(name)) throw new Error(`The session did not start: ${reply.content}`)
    // Reads the history once, so that later looks are folds of what the gateway told.
    await person.messages(thread)
    return thread
  }

  /** The folder through which the session of a thread talks to its process. */
  spoolOf(thread: SeenPlace): string {
    const [row] = this.query<{ id: string }>(
      `select id from omc_sessions where key = '${thread.id}' and ended_at is null`,
    )
    if (row === undefined) throw new Error(`There is no session in ${thread.name}.`)
    return join(this.data, 'spools', row.id)
  }

  query<Row>(sql: string): Row[] {
    const db = new DatabaseSync(join(this.data, 'orchestrator.sqlite'), { readOnly: true })
    try {
      return db.prepare(sql).all() as Row[]
    } finally {
      db.close()
    }
  }

  /** How many runs still have something to be said about them. */
  unsettled(): number {
    return (
      this.query<{ n: number }>(
        "select count(distinct owner) n from messages where settled = 0 and owner not like 'board:%'",
      )[0]?.n ?? 0
    )
  }

  async allSettled(within = 30_000): Promise<void> {
    await until(() => this.unsettled() === 0, within, 'the end of all runs')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const bot of this.#bots) await bot.kill()
    const data = dataIdOf(join(this.data, 'spools'))
    await endMarked(data, () => true, 0)
    await this.sandbox.close()
    const left = await findMarked(data)
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 })
    if (left.length > 0) throw new Error(`Agents are left: ${left.map(({ pid }) => pid).join(', ')}`)
  }

  #spawn(args: readonly string[], env: Readonly<Record<string, string>>): ProcessBot {
    const child = spawn(process.execPath, args, {
      cwd: this.root,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const bot = new ProcessBot(child)
    this.#bots.push(bot)
    return bot
  }

  #ownerRole(): string {
    const roles = [...this.sandbox.world.guilds.values()].flatMap((guild) => [...guild.roles.values()])
    return roles.find((role) => role.name === 'owner')?.id ?? ''
  }
}

/** The checkpoints that a bot has told of, from a line of its log on. */
function marksOf(bot: Bot, from = 0): readonly Mark[] {
  return bot.log.slice(from).flatMap((line) => {
    const { msg, name, at } = line
    return msg === 'mark' && typeof name === 'string' && typeof at === 'number' ? [{ name, at }] : []
  })
}

/** When a bot passed a checkpoint for the first time, from a line of its log on. */
export function markAt(bot: Bot, name: string, from = 0): number {
  const mark = marksOf(bot, from).find((each) => each.name === name)
  if (mark === undefined) throw new Error(`The bot did not pass ${name}.`)
  return mark.at
}

/**
 * The memory that these processes have together, in MB (2^20 bytes): what several of them map (the CLI's own file) is
 * counted once, by each one's part of it (`Pss`). Linux only.
 */
export function sharedMb(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    const [, found] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
    if (found === undefined) throw new Error(`The memory of process ${pid} cannot be read here.`)
    return Number(found)
  })
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024
}

/** Resident memory of a process in MB (2^20 bytes). Linux only. */
export function residentMb(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  if (kilobytes === undefined) throw new Error(`The memory of process ${pid} cannot be read here.`)
  return Number(kilobytes) / 1024
}
