import type { Chat, Reply, Shown } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Interaction, Memo } from '../core/interaction.ts'
import type { Log } from '../core/log.ts'
import type { Outbox } from '../core/message.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { AskCopies } from './ask-copies.ts'
import type { Job } from './inbox.ts'

export interface InteractionTools {
  readonly chat: Pick<Chat, 'interactions' | 'dm' | 'note'>
  readonly catalogue: Catalogue
  readonly outbox: Pick<Outbox, 'say'>
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly copies: Pick<AskCopies, 'keep' | 'look'>
}

/** A command, button or form on its way: acknowledged, worked on, answered. `again`: an earlier life had begun with it. */
export class InteractionJob implements Job {
  readonly #interaction: Interaction
  readonly #memo: Memo
  readonly #again: boolean
  readonly #tools: InteractionTools
  /** Once it is worked on, only the answer is tried again. */
  #answer: Reply | Shown | null = null

  constructor(interaction: Interaction, memo: Memo, again: boolean, tools: InteractionTools) {
    this.#interaction = interaction
    this.#memo = memo
    this.#again = again
    this.#tools = tools
  }

  wanted(): Promise<boolean> {
    return Promise.resolve(true)
  }

  acknowledge(): Promise<boolean> {
    return this.#tools.chat.interactions.acknowledge(this.#interaction)
  }

  async work(): Promise<void> {
    const { chat, checkpoint } = this.#tools
    if (this.#answer === null) {
      const answer = await chat.interactions.work(this.#interaction, this.#memo)
      this.#answer = this.#again ? this.#seenAgain(answer) : answer
      checkpoint('worked')
    }
    const of = 'rendering' in this.#answer ? this.#answer.of : null
    if (of !== null) await this.#tools.copies.keep(of, this.#interaction)
    await this.#say(this.#answer)
    // It may have been decided while it was on its way.
    if (of !== null) this.#tools.copies.look(of)
    checkpoint('answered')
  }

  giveUp(): Promise<void> {
    const { catalogue } = this.#tools
    return this.#say({ text: catalogue[this.#interaction.person.locale].internalError(), hidden: true })
  }

  decline(): Promise<void> {
    return this.#tools.chat.interactions.decline(this.#interaction)
  }

  /** A no may be the echo of what the earlier life did: it says how things stand, and why it can say no more. */
  #seenAgain(answer: Reply | Shown): Reply | Shown {
    if ('rendering' in answer || answer.refused !== true) return answer
    const { inbox } = this.#tools.catalogue[this.#interaction.person.locale]
    return { ...answer, text: inbox.restarted(answer.text) }
  }

  async #say(answer: Reply | Shown): Promise<void> {
    const isSaid = await this.#tools.chat.interactions.answer(this.#interaction, answer)
    if (!isSaid && !('rendering' in answer)) await this.#sayElsewhere(answer)
  }

  /** After 15 min Discord takes no answer any more. What only the person may see goes to them. */
  async #sayElsewhere(answer: Reply): Promise<void> {
    const { chat, catalogue, outbox, log } = this.#tools
    const { key, person, place } = this.#interaction
    const where = answer.hidden ? await chat.dm(person.id) : place
    if (where === null) return log.warn({ interaction: key }, 'inbox.answer-unsaid')
    const { text } = chat.note(catalogue[person.locale].inbox.late(answer.text, answer.file !== undefined))
    await outbox.say({ key: `late:${key}`, place: where, text, replyTo: null, mention: null })
  }
}
