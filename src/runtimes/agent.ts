import type { SessionId } from '../core/ids.ts'
import type { Patience } from './limits.ts'
import { findMarked } from './marker.ts'
import { ticksOf } from '../system/process.ts'
import type { EndGrace, Spool } from './spool.ts'

/** A session's process while this life of the bot holds it. */
export class Agent {
  readonly session: SessionId
  readonly spool: Spool
  /** The byte of stdout up to which lines were taken in. */
  position: number
  /** The conversation it is in now. */
  conversation: string
  /** What it has cost so far, in US dollars. */
  costSoFar = 0
  /** Whether a turn is being led. */
  busy = false
  readonly #data: string
  readonly #farewell: readonly string[]
  readonly #patience: Patience
  #ending: Promise<void> | null = null

  constructor(
    session: SessionId,
    spool: Spool,
    position: number,
    data: string,
    farewell: readonly string[],
    patience: Patience,
  ) {
    this.session = session
    this.spool = spool
    this.position = position
    this.conversation = spool.record.conversation
    this.#data = data
    this.#farewell = farewell
    this.#patience = patience
  }

  get ending(): Promise<void> | null {
    return this.#ending
  }

  get isUsable(): boolean {
    return this.#ending === null && this.spool.death === null
  }

  /** Ends the process and everything it started; `hard`: it is not asked any more. The first call decides how. */
  end(how: 'asked' | 'hard'): Promise<void> {
    const { farewellMs, interruptMs, interruptHardMs } = this.#patience
    const grace: EndGrace = { asked: farewellMs, interrupted: how === 'hard' ? interruptHardMs : interruptMs }
    this.#ending ??= this.spool.end(this.#data, how === 'hard' ? [] : this.#farewell, grace)
    return this.#ending
  }

  /** After a turn that was stopped, and before anybody is told so: ends what the CLI itself may have left of it. */
  async tidy(): Promise<void> {}

  /** CPU time of the process and everything it started; null where nobody can tell. */
  async ticks(): Promise<number | null> {
    if (ticksOf(this.spool.pid) === null) return null
    const pids = (await findMarked(this.#data)).filter(({ session }) => session === this.session)
    return pids.reduce((sum, { pid }) => sum + (ticksOf(pid) ?? 0), 0)
  }
}
