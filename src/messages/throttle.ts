import { pause, type Clock } from '../core/clock.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Write } from './plan.ts'

/**
 * How fast a place is written to: one write at a time, and edits keep their distance from whatever was written before,
 * because Discord takes about one a second and answers more with waits that grow. Posts go at once. The only place
 * where that is decided.
 */
export class Throttle {
  readonly #clock: Clock
  readonly #editEveryMs: number
  readonly #signal: AbortSignal
  readonly #queues = new Map<PlaceId, Lane>()

  constructor(clock: Clock, editEveryMs: number, signal: AbortSignal) {
    this.#clock = clock
    this.#editEveryMs = editEveryMs
    this.#signal = signal
  }

  /** Waits for its turn in a place, asks `plan` what is to be written, keeps the distance for an edit, then writes. */
  async turn(
    place: PlaceId,
    plan: () => Promise<Write | null>,
    perform: (write: Write) => Promise<void>,
  ): Promise<void> {
    const queue = this.#queues.get(place) ?? { last: Promise.resolve(), wroteAt: Number.NEGATIVE_INFINITY, waiting: 0 }
    this.#queues.set(place, queue)
    queue.waiting += 1
    const turn = queue.last.then(async () => {
      const write = await this.#due(queue, plan)
      if (write === null) return
      try {
        await perform(write)
      } finally {
        queue.wroteAt = this.#clock.monotonic()
      }
    })
    queue.last = turn.catch(() => undefined)
    try {
      await turn
    } finally {
      queue.waiting -= 1
      if (queue.waiting === 0) this.#sweep()
    }
  }

  async #due(queue: Lane, plan: () => Promise<Write | null>): Promise<Write | null> {
    const write = await plan()
    if (write === null || write.kind === 'post' || write.kind === 'freeze') return write
    const wait = queue.wroteAt + this.#editEveryMs - this.#clock.monotonic()
    if (wait <= 0) return write
    await pause(this.#clock, wait, this.#signal)
    // What is right by now.
    return this.#signal.aborted ? null : plan()
  }

  /** Forgets places whose distance is kept already. */
  #sweep(): void {
    if (this.#queues.size < 1_000) return
    const since = this.#clock.monotonic() - this.#editEveryMs
    for (const [place, { waiting, wroteAt }] of this.#queues) {
      if (waiting === 0 && wroteAt < since) this.#queues.delete(place)
    }
  }
}

interface Lane {
  last: Promise<unknown>
  wroteAt: number
  waiting: number
}
