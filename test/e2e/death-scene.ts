import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { inARow } from '../in-a-row.ts'
import type { Bot } from './bots.ts'
import type { Script } from './script.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** Tells a story in which the bot dies. */
export type DeathStory = (title: string, body: (scene: DeathScene) => Promise<unknown>) => void

/**
 * Stories of deaths, each of a session of its own; or all of them in a row of one session (`inARow`): the life that comes
 * back from one death is the one that dies next, so that a real CLI is started once for all of them.
 */
export function deathStories(
  title: string,
  open: () => Promise<Script>,
  { inARow: row }: { readonly inARow: boolean },
  tell: (story: DeathStory) => void,
): void {
  if (!row)
    return tell(
      (name, body) =>
        void test(name, async () => {
          await using scene = await DeathScene.open(open)
          await scene.begins()
          await body(scene)
        }),
    )
  inARow(
    title,
    () => DeathScene.open(open),
    (one) =>
      tell((name, body) =>
        one(name, async (scene) => {
          await scene.begins()
          await body(scene)
        }),
      ),
  )
}

/** A session with its agent, whose bot dies and comes back. Only what happens in a story counts for it. */
export class DeathScene implements AsyncDisposable {
  readonly script: Script
  readonly stage: Stage
  readonly olivia: Actor
  readonly thread: SeenPlace
  #bot: Bot
  /** Messages that stood there before this story. */
  #known: ReadonlySet<string> = new Set()
  /** The last event before this story. */
  #since = 0

  private constructor(script: Script, stage: Stage, bot: Bot, olivia: Actor, thread: SeenPlace) {
    this.script = script
    this.stage = stage
    this.#bot = bot
    this.olivia = olivia
    this.thread = thread
  }

  static async open(open: () => Promise<Script>): Promise<DeathScene> {
    await using stack = new AsyncDisposableStack()
    const script = stack.use(await open())
    const stage = stack.use(await Stage.open({ ownProcess: true, env: script.env }))
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    stack.move()
    return new DeathScene(script, stage, bot, olivia, thread)
  }

  /** The life that goes on. */
  get bot(): Bot {
    return this.#bot
  }

  /** Before each story: a bot is there, and everything is over and said. */
  async begins(): Promise<void> {
    const { stage } = this
    if (!this.#bot.alive) await this.lives()
    const unsaid = () => stage.query("select 1 from messages where settled = 0 and owner like 'run:%'").length
    await until(() => this.openRuns() === 0 && unsaid() === 0, patienceMs, 'the end of the story before')
    this.#known = new Set((await this.olivia.messages(this.thread)).map(({ id }) => id))
    const [last] = stage.query<{ seq: number | null }>('select max(seq) as seq from run_events')
    this.#since = last?.seq ?? 0
  }

  /** The next life. */
  async lives(): Promise<Bot> {
    this.#bot = await this.stage.startBot()
    return this.#bot
  }

  async says(text: string): Promise<void> {
    await this.olivia.says(this.thread, text)
  }

  /** Waits until the bot shows something: in a message's text or on its card. */
  shows(what: string | RegExp): Promise<SeenMessage> {
    const fits = (text: string): boolean => (typeof what === 'string' ? text.includes(what) : what.test(text))
    return this.sees(
      (message) => fits(textOf(message)) || message.embeds.some(({ description }) => fits(description ?? '')),
    )
  }

  sees(is: (message: SeenMessage) => boolean): Promise<SeenMessage> {
    return this.olivia.sees(this.thread, (message) => this.#isOfBot(message) && is(message))
  }

  /** What the bot has said in this story, without ephemerals. */
  async said(): Promise<SeenMessage[]> {
    return (await this.olivia.messages(this.thread)).filter((message) => this.#isOfBot(message))
  }

  /** The same by its text, which no other story has. */
  answeredOnce(text: string): Promise<void> {
    return answeredOnce(this.stage, this.olivia, this.thread, text)
  }

  events(type: string): { json: string }[] {
    return this.stage.query<{ json: string }>(
      `select json from run_events where type = '${type}' and seq > ${this.#since} order by seq`,
    )
  }

  openRuns(): number {
    return this.stage.query("select 1 from runs where state <> 'over'").length
  }

  #isOfBot(message: SeenMessage): boolean {
    return message.author.id === this.stage.sandbox.bot.id && !message.ephemeral && !this.#known.has(message.id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stage[Symbol.asyncDispose]()
    } finally {
      await this.script[Symbol.asyncDispose]()
    }
  }
}

/** The one answer to a prompt: complete and once. */
export async function answeredOnce(stage: Stage, actor: Actor, thread: SeenPlace, text: string): Promise<void> {
  const isWhole = (message: { content: string; author: { bot: boolean }; components: readonly unknown[] }): boolean =>
    message.author.bot && message.content.includes(text) && message.components.length === 0
  await actor.sees(thread, isWhole)
  const messages = await stage.botMessages(actor, thread)
  const all = messages.map((message) => message.content).join('\n')
  assert.equal(all.split(text).length - 1, 1, `stands there exactly once:\n${actor.story(thread)}`)
}
