import type { Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

export interface RoundsTools {
  /** When it fires, no round begins any more. */
  readonly signal: AbortSignal
  readonly log: Pick<Log, 'error'>
  /** What a failed round is logged as: `transcript` becomes `transcript.failed`. */
  readonly name: string
  /** One round. What it throws is logged; the next wake tries again. */
  readonly work: () => Promise<void>
}

/** Work that is done in rounds, one at a time. Whoever wakes it while one goes on has another one follow. */
export class Rounds {
  readonly #tools: RoundsTools
  #round: Promise<void> | null = null
  #again = false

  constructor(tools: RoundsTools) {
    this.#tools = tools
  }

  wake(): void {
    if (this.#tools.signal.aborted) return
    this.#again = true
    this.#round ??= this.#go()
  }

  /** Also without a wake, which may be lost: a round every `ms`, from one later on. */
  every(ms: number, clock: Clock): void {
    clock.after(ms, () => {
      if (this.#tools.signal.aborted) return
      this.wake()
      this.every(ms, clock)
    })
  }

  /** Resolves when no round goes on. */
  async idle(): Promise<void> {
    await this.#round
  }

  async #go(): Promise<void> {
    const { signal, log, name, work } = this.#tools
    try {
      while (this.#again && !signal.aborted) {
        this.#again = false
        await work()
      }
    } catch (error) {
      if (!signal.aborted) log.error({ error: messageOf(error) }, `${name}.failed`)
    } finally {
      this.#round = null
    }
    // Woken after the last look and before the end, or in a round that failed.
    if (this.#again) this.wake()
  }
}
