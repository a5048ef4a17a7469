import type { Clock } from '../../core/clock.ts'
import type { Spool } from './spool.ts'

/**
 * Watches how much a turn writes, also what nobody reads: complaints on stderr, and a line that never ends. Says once
 * that it is too much. Whoever makes one disposes of it. `start`: the byte of output at which the turn began.
 */
export class FloodWatch implements Disposable {
  readonly #clock: Clock
  readonly #everyMs: number
  readonly #isFlooded: () => boolean
  readonly #tooMuch: () => void
  #timer: Disposable

  constructor(clock: Clock, spool: Spool, start: number, limit: number, everyMs: number, tooMuch: () => void) {
    this.#clock = clock
    this.#everyMs = everyMs
    this.#isFlooded = () => spool.bulk - start > limit
    this.#tooMuch = tooMuch
    this.#timer = clock.after(everyMs, () => this.#look())
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
  }

  #look(): void {
    if (this.#isFlooded()) this.#tooMuch()
    else this.#timer = this.#clock.after(this.#everyMs, () => this.#look())
  }
}
