import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import type { Prompt } from '../../src/core/prompt.ts'
import type { Actor, SeenMessage } from 'loopback-discord'
import type { Bot } from './bots.ts'
import { Stage, until, type StageOptions } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** A bot with a session of the echo agent in the channel #general, and three people there. */
export class ChannelScene implements AsyncDisposable {
  readonly stage: Stage
  readonly olivia: Actor
  readonly alice: Actor
  readonly bob: Actor
  bot: Bot

  private constructor(stage: Stage, bot: Bot, [olivia, alice, bob]: readonly [Actor, Actor, Actor]) {
    this.stage = stage
    this.bot = bot
    this.olivia = olivia
    this.alice = alice
    this.bob = bob
  }

  static async open(options: StageOptions = {}): Promise<ChannelScene> {
    const stage = await Stage.open(options)
    try {
      const bot = await stage.startBot()
      const people = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')] as const
      const scene = new ChannelScene(stage, bot, [...people, await stage.sandbox.actor('bob')])
      const started = await scene.olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })
      await started.settled()
      return scene
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Somebody writes to the bot in the channel. */
  asks(actor: Actor, text: string): Promise<SeenMessage> {
    return actor.says('general', `${actor.mentions()} ${text}`)
  }

  /** The prompt that a message became, once it has. */
  async prompt(message: { readonly id: string }): Promise<Prompt> {
    return until(() => this.prompts().find((prompt) => prompt.key === message.id) ?? null, patienceMs, 'the prompt')
  }

  /** Every prompt so far, as it was asked. */
  prompts(): readonly Prompt[] {
    const rows = this.stage.query<{ json: string }>("select json from run_events where type = 'asked' order by seq")
    return rows.map((row) => (JSON.parse(row.json) as { prompt: Prompt }).prompt)
  }

  /** Everything that the bot has on its disk about runs, as text. */
  kept(): string {
    const rows = this.stage.query<{ json: string }>('select json from run_events')
    return rows.map(({ json }) => json).join('\n')
  }

  /** Waits until every run is over and said. */
  async settled(): Promise<void> {
    await until(
      () => this.stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0,
      patienceMs,
      'the last word about every run',
    )
  }

  /** What the bot itself said in a place, by Discord's own books. */
  said(place = 'general'): readonly string[] {
    const { world, bot } = this.stage.sandbox
    const { id } = this.olivia.place(place)
    const own = [...world.history(id).values()].filter((message) => message.authorId === bot.id)
    return own.filter((message) => message.onlyFor === null).map((message) => message.content)
  }

  async restarts(): Promise<void> {
    await this.bot.kill()
    this.bot = await this.stage.startBot({ ownProcess: true })
  }

  /** Gives a tier beside the running bot, which reads them each time it judges. */
  grants(person: Actor, tier: string, scope = 'global'): void {
    const db = new DatabaseSync(join(this.stage.data, 'orchestrator.sqlite'))
    try {
      db.exec('pragma busy_timeout = 5000')
      db.prepare('insert or replace into grants values (?, ?, ?, ?, 0)').run(person.id, scope, tier, this.olivia.id)
    } finally {
      db.close()
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stage[Symbol.asyncDispose]()
  }
}
