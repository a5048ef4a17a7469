import assert from 'node:assert/strict'
import type { Actor, Message, SeenPlace } from 'loopback-discord'
import { Stage } from '../e2e/stage.ts'
import type { Chance } from '../random.ts'

/** More prompts than these do not wait in one place: the people wait for answers, as people do. */
const mostUnanswered = 3

export interface Prompt {
  readonly id: string
  readonly thread: SeenPlace
  readonly text: string
}

/** Several people who talk to several agents, and what they have been answered. */
export class Crowd {
  readonly prompts: Prompt[] = []
  readonly #stage: Stage
  readonly #chance: Chance
  readonly #people: readonly Actor[]
  readonly #threads: readonly SeenPlace[]

  private constructor(stage: Stage, chance: Chance, people: readonly Actor[], threads: readonly SeenPlace[]) {
    this.#stage = stage
    this.#chance = chance
    this.#people = people
    this.#threads = threads
  }

  /** Each of the people starts a session, the first of them two. */
  static async gather(stage: Stage, chance: Chance): Promise<Crowd> {
    const people: Actor[] = []
    for (const name of ['olivia', 'alice', 'minji']) people.push(await stage.sandbox.actor(name))
    const [first] = people
    assert.ok(first)
    const threads: SeenPlace[] = []
    for (const [at, actor] of [...people, first].entries()) threads.push(await stage.session(actor, `shop-${at}`))
    return new Crowd(stage, chance, people, threads)
  }

  /** Somebody says something somewhere, unless everyone there waits already. */
  async speaks(): Promise<void> {
    const at = this.#chance.between(0, this.#threads.length - 1)
    const thread = this.#threads[at]
    const actor = this.#people[this.#chance.between(0, this.#people.length - 1)]
    const way = this.#chance.next()
    const seconds = this.#chance.between(1, 3)
    if (thread === undefined || actor === undefined || this.unanswered(thread).length >= mostUnanswered) return
    const text = `number ${this.prompts.length} by ${actor.name}: alpha beta gamma delta epsilon zeta eta theta end`
    const prompt =
      way < 0.5 ? `!slow ${seconds}s ${text}` : way < 0.7 ? `!tool Bash sleep 1\n!say ${text}` : `!say ${text}`
    const { id } = await actor.says(thread, prompt)
    this.prompts.push({ id, thread, text })
  }

  /** Prompts whose answers are not whole yet, in one place or in all. */
  unanswered(thread?: SeenPlace): readonly Prompt[] {
    const asked = thread === undefined ? this.prompts : this.prompts.filter((each) => each.thread.id === thread.id)
    return asked.filter(({ thread: { id }, text }) => !this.said(id).some((message) => isWhole(message, text)))
  }

  /** The bot's messages in a place that answer no command, as Discord has them. */
  said(thread: string): readonly Message[] {
    const { world, bot } = this.#stage.sandbox
    const history = [...world.history(thread).values()]
    return history.filter((message) => message.authorId === bot.id && message.origin === null)
  }

  /** Every prompt has one answer, which is whole, and nothing of the bot stands anywhere that belongs to none. */
  assertAnswered(): void {
    assert.deepEqual(this.unanswered(), [])
    for (const { thread, text } of this.prompts) {
      const holding = this.said(thread.id).filter((message) => message.content.includes(text))
      assert.equal(holding.length, 1, `"${text}" stands there ${holding.length} times`)
      assert.equal((holding[0]?.content.split(text).length ?? 0) - 1, 1)
    }
    assert.equal(this.#stage.query('select 1 from runs').length, this.prompts.length, 'each prompt became one run')
    const known = this.#stage.query<{ message: string }>('select message from messages').map(({ message }) => message)
    const strangers = this.#threads.flatMap(({ id }) => this.said(id)).filter(({ id }) => !known.includes(id))
    assert.deepEqual(
      strangers.map(({ content }) => content),
      [],
      'posted twice: the bot knows nothing of it',
    )
  }

  /** Ends every session by its command. */
  async leaves(): Promise<void> {
    const [first] = this.#people
    for (const thread of this.#threads) await (await first?.runs(thread, '/session stop'))?.settled()
  }
}

/** All of the text, and no button any more. */
function isWhole({ content, components }: Message, text: string): boolean {
  return content.includes(text) && components.length === 0
}
