import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  startSandbox,
  textOf,
  type Actor,
  type Sandbox,
  type SandboxOptions,
  type SeenMessage,
  type SeenPlace,
} from 'loopback-discord'
import type { EpochMs } from '../../src/core/clock.ts'
import type { Timings } from '../../src/core/timings.ts'
import { hostClock } from '../../src/system/host.ts'
import { removeTree } from '../../src/system/remove-tree.ts'
import { InnerBot, startProcess, type Bot } from './bots.ts'
import { addToTally } from './oracle-tally.ts'
import { aheadBy } from './stage-clock.ts'
import { storyTimings } from './story-timings.ts'
import { Oracle } from 'loopback-discord/oracle'
import { dataIdOf, endMarked, findMarked } from '../../src/runtimes/engine/marker.ts'
import { signal } from '../../src/system/process.ts'
import { compiled } from '../compiled.ts'
import { patienceMs } from '../patience.ts'
import { knowing } from '../runner/knowing.ts'
import { storiesAtOnce } from '../runner/stories.ts'

/** A secret of the bot that no agent may ever see. */
export const plantedSecret = 'planted-secret-of-the-bot-7f3a'

export interface StageOptions {
  /** Variables of the bot beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  /**
   * The story kills its bot, or looks into it from outside: the first one is a process. Otherwise all live in the test's,
   * as do those after a death (see BotOptions).
   */
  readonly ownProcess?: boolean
  /** What is waited for differently than `storyTimings` has it. */
  readonly timings?: Partial<Timings>
  readonly sandbox?: SandboxOptions
  /**
   * What the clocks of Discord and the bots show when the stage opens, for stories that speak of days, months or hours; they
   * go on as the machine's. Agents, their way out and PostgreSQL are left with the machine's own.
   */
  readonly startsAt?: EpochMs
  /** Where the data folder and the project lie below the stage's own folder; their usual places otherwise. */
  readonly layout?: { readonly data: string; readonly project: string; readonly roots: string }
}

const slots = { free: storiesAtOnce, waiting: [] as (() => void)[] }

async function takeSlot(): Promise<void> {
  if (slots.free > 0) slots.free -= 1
  else await new Promise<void>((resolve) => slots.waiting.push(resolve))
}

function leaveSlot(): void {
  const next = slots.waiting.shift()
  if (next === undefined) slots.free += 1
  else next()
}

const usualLayout = { data: 'data', project: join('projects', 'shop'), roots: 'projects' }

export interface BotOptions {
  /**
   * A life after the first that is killed as well, or looked into from outside, is a process, too, as are all of real
   * CLIs. Others are the same composition in the test's own process: a process costs more CPU than what happens in it.
   */
  readonly ownProcess?: boolean
  /** `<checkpoint>` or `<checkpoint>:<nth time>`: the bot dies there by SIGKILL. */
  readonly dieAt?: string
  /** Another version's `bot.ts`, absolute. */
  readonly program?: string
  /** A command that runs it, and becomes it. */
  readonly within?: readonly string[]
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
  readonly #ownProcess: boolean
  readonly #aheadMs: number
  readonly #timings: Timings
  readonly #bots: Bot[] = []
  /** Data folders of machines beside the bot's. */
  readonly #machines = new Map<string, string>()

  private constructor(sandbox: Sandbox, oracle: Oracle, root: string, aheadMs: number, options: StageOptions) {
    const { env = {}, layout, ownProcess = false, timings } = options
    const { data, project, roots } = layout ?? usualLayout
    this.sandbox = sandbox
    this.#oracle = oracle
    this.#root = root
    this.#ownProcess = ownProcess
    this.#aheadMs = aheadMs
    this.#timings = { ...storyTimings, ...timings }
    this.#env = { OMC_PROJECT_ROOTS: join(root, roots), ...env }
    this.data = join(root, data)
    this.project = join(root, project)
    this.home = join(root, 'home')
    for (const folder of [this.data, this.project, this.home]) mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(this.project, 'README.md'), '# Shop\n')
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    await takeSlot()
    try {
      return await Stage.#set(options)
    } catch (error) {
      leaveSlot()
      throw error
    }
  }

  static async #set(options: StageOptions): Promise<Stage> {
    const { startsAt } = options
    const aheadMs = startsAt === undefined ? 0 : startsAt - hostClock.now()
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
      // A busy machine is no story: what does not come is missed after long, and the tests of discord/ hold its deadline.
      patienceMs,
      deadlines: { answer: 20_000 },
      clock: aheadBy(aheadMs),
      ...options.sandbox,
      watchers: [oracle, ...(options.sandbox?.watchers ?? [])],
    })
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'orchestrator-e2e-')))
    return new Stage(sandbox, oracle, root, aheadMs, options)
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
    const place = {
      env: {
        PATH: process.env['PATH'] ?? '',
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
        // Root cannot box agents, others would: a story is the same for both, or says that it is about boxes.
        OMC_BOX: 'off',
        ...this.#env,
        ...options.env,
      },
      folder: this.#root,
      home: this.home,
      timings: this.#timings,
      aheadMs: this.#aheadMs,
      ...(options.program === undefined ? {} : { program: options.program }),
      ...(options.within === undefined ? {} : { within: options.within }),
    }
    if (!this.#ownProcess && options.dieAt !== undefined)
      throw new Error('A story whose bot dies opens its stage with { ownProcess: true }.')
    const { TEST_EGRESS, OMC_CLAUDE_BIN, OMC_CODEX_BIN } = this.#env
    const asks = options.dieAt ?? options.program ?? TEST_EGRESS ?? OMC_CLAUDE_BIN ?? OMC_CODEX_BIN
    const apart = options.ownProcess ?? (this.#bots.length === 0 || asks !== undefined)
    const bot = this.#ownProcess && apart ? startProcess(place, options.dieAt ?? null) : new InnerBot(place)
    this.#bots.push(bot)
    return bot
  }

  /** Starts a machine of that name with a data folder of its own (`start --role worker`), and waits until it is there. */
  async startMachine(id: string, options: Omit<BotOptions, 'program'> = {}): Promise<Bot> {
    const data = this.machineData(id)
    const env = { TEST_ROLE: 'worker', OMC_WORKER_ID: id, OMC_DATA_DIR: data, DISCORD_BOT_TOKEN: '', ...options.env }
    const machine = this.spawnBot({ ownProcess: true, ...options, env })
    await machine.ready()
    return machine
  }

  /** The data folder of a machine; it is made when it is not there. */
  machineData(id: string): string {
    const data = join(this.#root, `machine-${id}`)
    this.#machines.set(id, data)
    mkdirSync(data, { recursive: true, mode: 0o700 })
    return data
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
    const reply = await outcome.settled()
    if (!reply.content.includes(name)) throw new Error(`The session did not start: ${reply.content}`)
    return thread
  }

  /** The bot's own messages in a place as an actor sees them now, oldest first, without ephemerals. */
  async botMessages(actor: Actor, place: SeenPlace): Promise<SeenMessage[]> {
    const messages = await actor.messages(place)
    return messages.filter((message) => message.author.id === this.sandbox.bot.id && !message.ephemeral)
  }

  /** Waits until the bot itself shows something: in a message's text or on its card. */
  async botShows(actor: Actor, place: SeenPlace, what: string | RegExp, within = patienceMs): Promise<SeenMessage> {
    const fits = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
    const looks = (message: SeenMessage): boolean =>
      fits(textOf(message)) || message.embeds.some((embed) => fits(embed.description ?? ''))
    return actor.sees(
      place,
      (message) => message.author.id === this.sandbox.bot.id && !message.ephemeral && looks(message),
      {
        within,
      },
    )
  }

  /** Processes of agents that this stage's bots started and that are alive, by pid: the one that was started first stands first. */
  async agents(): Promise<readonly number[]> {
    const marked = await findMarked(dataIdOf(join(this.data, 'spools')))
    return marked.map(({ pid }) => pid).toSorted((a, b) => a - b)
  }

  /** Opens a gate that `!until <name>` waits at. */
  opens(gate: string, machine?: string): void {
    const data = machine === undefined ? this.data : (this.#machines.get(machine) ?? this.data)
    const folder = join(data, 'echo', 'until')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, gate), '')
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
    try {
      await this.#close()
    } finally {
      leaveSlot()
    }
  }

  async #close(): Promise<void> {
    // Nothing that a story broke keeps the bot from going.
    this.sandbox.faults.clear()
    for (const bot of this.#bots) await bot.end()
    const folders = [this.data, ...this.#machines.values()]
    const left = await lastOf(
      this.#root,
      folders.map((data) => dataIdOf(join(data, 'spools'))),
    )
    await this.sandbox.close()
    await removeTree(this.#root)
    // Every exchange and dispatch of the story was held against Discord's own description.
    addToTally(this.#oracle.report())
    this.#oracle.assertClean()
    if (left.length > 0) throw new Error(`processes of this test are left: ${left.join(', ')}`)
  }
}

/** It outlives every bot, and ends by itself when its folder is gone; so does the one that stories put in its place. */
const wayOut = /\begress[/-](?:main|open-program)\.[jt]s\b/

/**
 * Ends all that bears a mark, until nobody knows the stage's folder any more: a bot that was killed may have been about to
 * start something, which bears none yet and would write there afterwards. Gives the command lines of those that stay
 * all the same, and ends them.
 */
async function lastOf(folder: string, data: readonly string[]): Promise<readonly string[]> {
  const left = (): readonly [number, string][] => [...knowing(folder)].filter(([, command]) => !wayOut.test(command))
  const isOver = async (): Promise<boolean> => {
    for (const each of data) await endMarked(each, () => true, 0)
    return left().length === 0
  }
  await until(isOver).catch(() => {})
  return left().map(([pid, command]) => {
    signal(pid, 'SIGKILL')
    return command
  })
}

/** Waits until a question has an answer; for what no event tells. */
export async function until<Value>(
  question: () => Promise<Value | null | false> | Value | null | false,
  within = patienceMs,
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

/** How many processes of this machine have that command line, whosever they are and whatever box they live in. */
export function running(command: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => commandOf(pid) === command).length
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    // Gone meanwhile.
    return ''
  }
}
