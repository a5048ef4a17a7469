import { pause, type Clock } from '../core/clock.ts'

/**
 * The writes to one place, one at a time. Edits keep their distance from whatever was written before: Discord takes
 * about one a second and answers more with waits that grow. Posts go at once.
 */
export class Lane {
  readonly #clock: Clock
  readonly #editEveryMs: number
  readonly #signal: AbortSignal
  #last: Promise<unknown> = Promise.resolve()
  #wroteAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, editEveryMs: number, signal: AbortSignal) {
    this.#clock = clock
    this.#editEveryMs = editEveryMs
    this.#signal = signal
  }

  /** Waits for its turn, asks `kind` what is to be written, keeps the distance for an edit, then writes. */
  write(kind: () => 'post' | 'edit' | null, write: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(async () => {
      const next = kind()
      if (next === null) return
      if (next === 'edit') {
        await pause(this.#clock, this.#wroteAt + this.#editEveryMs - this.#clock.now(), this.#signal)
        if (this.#signal.aborted) return
      }
      try {
        await write()
      } finally {
        this.#wroteAt = this.#clock.now()
      }
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
