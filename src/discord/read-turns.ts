import { pause, type Clock } from '../core/clock.ts'
import type { ReadUrgency } from '../core/pace.ts'
import type { Budgets } from './budgets.ts'

/**
 * Calls of the bot, in any second, that reads leave for what is written (`messages/pace` shares out those): ends and
 * questions go before what somebody waits for, and what is asked of many places at once leaves growth ten of its calls.
 */
const keptOfTotal: Readonly<Record<ReadUrgency, number>> = { asked: 10, many: 38 }
/** The same for what nobody would miss. */
const keptFromTrifles = 28

/**
 * When something is read from Discord: in the order of asking, and never more than the bot's calls a second leave. Reads
 * have limits of their own on no route that would matter; a list of many sessions, or many places after a gap, would use
 * up the bot's own limit, and whatever is written then is refused.
 */
export class ReadTurns {
  readonly #clock: Clock
  readonly #budgets: Budgets
  readonly #signal: AbortSignal
  /** The end of each line. */
  readonly #ends = new Map<ReadUrgency, Promise<void>>()

  constructor(clock: Clock, budgets: Budgets, signal: AbortSignal) {
    this.#clock = clock
    this.#budgets = budgets
    this.#signal = signal
  }

  /** Resolves when it may go out, or the process lets go. */
  turn(urgency: ReadUrgency): Promise<void> {
    const before = this.#ends.get(urgency) ?? Promise.resolve()
    const mine = before.then(() => this.#come(urgency))
    this.#ends.set(urgency, mine)
    return mine
  }

  /** Whether what nobody would miss may go out now. */
  get isSpare(): boolean {
    return this.#budgets.total().remaining > keptFromTrifles
  }

  async #come(urgency: ReadUrgency): Promise<void> {
    while (!this.#signal.aborted) {
      const { remaining, nextInMs } = this.#budgets.total()
      if (remaining > keptOfTotal[urgency]) return this.#budgets.expectRead()
      await pause(this.#clock, Math.max(1, nextInMs), this.#signal)
    }
  }
}
