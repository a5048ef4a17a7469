import assert from 'node:assert/strict'
import {
  textOf,
  type Actor,
  type FaultAsked,
  type Message,
  type SeenMessage,
  type SeenPlace,
  type StandingFault,
} from 'loopback-discord'
import type { Bot } from './bots.ts'
import { Stage, until, type StageOptions } from './stage.ts'
import { Traffic } from './traffic.ts'
import { patienceMs } from '../patience.ts'

/** A bot at work with one session of the echo agent, before anything goes wrong. */
export class Scene implements AsyncDisposable {
  readonly stage: Stage
  readonly traffic: Traffic
  readonly olivia: Actor
  readonly thread: SeenPlace
  readonly #since = performance.now()
  bot: Bot

  private constructor(stage: Stage, traffic: Traffic, bot: Bot, olivia: Actor, thread: SeenPlace) {
    this.stage = stage
    this.traffic = traffic
    this.bot = bot
    this.olivia = olivia
    this.thread = thread
  }

  static async open(options: StageOptions = {}): Promise<Scene> {
    const traffic = new Traffic()
    const stage = await Stage.open({ ...options, sandbox: { ...options.sandbox, watchers: [traffic] } })
    try {
      const bot = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      return new Scene(stage, traffic, bot, olivia, await stage.session(olivia, 'shop'))
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Opens a gate that `!until <name>` waits at. */
  opens(gate: string): void {
    this.stage.opens(gate)
  }

  breaks(fault: FaultAsked): StandingFault {
    return this.stage.sandbox.faults.add(fault)
  }

  says(text: string): Promise<SeenMessage> {
    return this.olivia.says(this.thread, text)
  }

  /** Waits until the answer grows, and gives its message. */
  grows(text: string): Promise<SeenMessage> {
    return this.olivia.sees(this.thread, (message) => message.author.bot && message.content.includes(text))
  }

  /** The answer to a prompt: complete, with its last card, and once among all that stands there. */
  async answered(text: string, within = patienceMs): Promise<SeenMessage> {
    const answer = await this.olivia.sees(this.thread, (message) => isWhole(message, text), { within })
    await this.settled(within)
    const all = this.standing()
    assert.equal(all.split(text).length - 1, 1, `stands there exactly once:\n${all}`)
    return answer
  }

  /** What the bot's messages in the thread say, from Discord itself: also what no dispatch told anybody. */
  standing(): string {
    return this.#own().map(textOf).join('\n')
  }

  #own(): readonly Message[] {
    const { world, bot } = this.stage.sandbox
    const history = [...world.history(this.thread.id).values()]
    return history.filter((message) => message.authorId === bot.id && message.onlyFor === null)
  }

  /** Waits until every run is over and everything about it is said. */
  async settled(within = patienceMs): Promise<void> {
    await until(
      () => this.stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
      within,
      'the last word about every run',
    )
  }

  get runs(): number {
    return this.stage.query('select 1 from runs').length
  }

  /** How often the bot at work has logged in anew. */
  get identifies(): number {
    return this.bot.log.filter((line) => line['msg'] === 'discord.identify').length
  }

  /** The bot is calm, and knows each of its messages: one that it does not know was posted twice. */
  assertSound(bounds: { readonly identifies: number; readonly requests: number }): void {
    this.assertCalm(bounds)
    const known = this.stage.query<{ message: string }>('select message from messages').map(({ message }) => message)
    const strangers = this.#own().filter(({ id, origin }) => origin === null && !known.includes(id))
    assert.deepEqual(strangers.map(textOf), [], 'posted twice')
  }

  /** The bot lives, and has not stormed Discord. */
  assertCalm(bounds: { readonly identifies: number; readonly requests: number }): void {
    assert.ok(this.bot.alive, 'the bot lives')
    assert.ok(this.identifies <= bounds.identifies, `${this.identifies} identifies`)
    // Registering costs one for each command there is, once.
    const asked = this.traffic.requests.filter(({ path }) => !path.endsWith('/commands'))
    const { length } = asked
    const last = asked.slice(-30).map(({ method, path, status }) => `${method} ${path} ${status}`)
    // A card at work counts the seconds, however many they are here.
    const most = bounds.requests + Math.ceil((performance.now() - this.#since) / 1000)
    assert.ok(length <= most, `${length} requests where ${most} may be, of which the last:\n${last.join('\n')}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]()
  }
}

/** The whole text, and the one line to which the card has shrunk. */
export function isWhole(message: SeenMessage, text: string): boolean {
  const isOver = message.components.length === 0 && JSON.stringify(message.embeds).includes('✓')
  return message.author.bot && message.content.includes(text) && isOver
}
