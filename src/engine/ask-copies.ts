import type { Ask } from '../core/ask.ts'
import type { Chat, Shown } from '../core/chat.ts'
import { pause } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Interaction } from '../core/interaction.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { backOffMs, retry, type BackOff, type RetryTools } from '../system/back-off.ts'
import { showAsk, showAsks } from './answering.ts'

export interface AskCopiesTools extends RetryTools {
  readonly vault: Vault
  readonly chat: Chat
  /** An approval by its token. */
  find(token: string): Promise<Ask | null>
  /** Those of a list. */
  listed(list: string): Promise<readonly Ask[]>
}

/** How long Discord lets a copy be changed, in milliseconds. */
const lastsMs = 15 * 60_000
const chatBackOff: BackOff = { firstMs: 500, longestMs: 30_000 }

/**
 * What people look at alone: a copy of an approval, or of a list, that only one person sees. When it is decided
 * elsewhere, the copy says so and loses its buttons, in the next life as well.
 */
export class AskCopies {
  readonly #tools: AskCopiesTools

  constructor(tools: AskCopiesTools) {
    this.#tools = tools
  }

  /** Before it is shown: an interaction is to be answered by a copy of it. */
  async keep(of: string, interaction: Interaction): Promise<void> {
    const { vault, clock } = this.#tools
    await vault.approvals.keepCopy({ of, interaction, at: clock.now() })
  }

  /** It was decided perhaps; never rejects. */
  look(of: string): void {
    background(this.#look(of), this.#tools.log, 'approval.copies')
  }

  /** Takes up those that an earlier life left. */
  async resume(): Promise<void> {
    const all = await this.#tools.vault.approvals.copies(null)
    for (const of of new Set(all.map((copy) => copy.of))) this.look(of)
  }

  async #look(of: string): Promise<void> {
    const { vault, chat } = this.#tools
    const copies = await retry(this.#tools, 'copies', () => vault.approvals.copies(of))
    if (copies.length === 0) return
    const ask = await retry(this.#tools, 'copies', () => this.#tools.find(of))
    const asks = ask !== null ? [ask] : await retry(this.#tools, 'copies', () => this.#tools.listed(of))
    if (asks.some(({ fate }) => fate.kind === 'open')) return
    for (const { interaction, at } of copies) {
      const shown = ask !== null ? showAsk(ask, interaction.person, chat) : showAsks(asks, interaction.person, chat)
      if (asks.length > 0) await this.#show(interaction, at + lastsMs, shown)
      await retry(this.#tools, 'copies', () => vault.approvals.dropCopy(interaction.key))
    }
  }

  async #show(interaction: Interaction, until: number, shown: Shown): Promise<void> {
    const { chat, clock, log, signal } = this.#tools
    for (let failures = 1; clock.now() < until && !signal.aborted; failures++) {
      try {
        await chat.interactions.answer(interaction, shown)
        return
      } catch (error) {
        log.debug({ interaction: interaction.key, error: messageOf(error) }, 'approval.copy-later')
        await pause(clock, backOffMs(chatBackOff, failures), signal)
      }
    }
  }
}
