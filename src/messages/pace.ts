import { pause, type Clock } from '../core/clock.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Write } from './plan.ts'

/**
 * How fast a place is written to: one write at a time, and edits keep their distance from whatever was written before,
 * because Discord takes about one a second and answers more with waits that grow. Posts go at once. The only place
 * where that is decided.
 */
export class Pace {
  readonly #clock: Clock
  readonly #editEveryMs: number
  readonly #signal: AbortSignal
  readonly #lanes = new Map<PlaceId, Lane>()

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
    const lane = this.#lanes.get(place) ?? { last: Promise.resolve(), wroteAt: Number.NEGATIVE_INFINITY, waiting: 0 }
    this.#lanes.set(place, lane)
    lane.waiting += 1
    const turn = lane.last.then(async () => {
      const write = await this.#due(lane, plan)
      if (write === null) return
      try {
        await perform(write)
      } finally {
        lane.wroteAt = this.#clock.monotonic()
      }
    })
    lane.last = turn.catch(() => undefined)
    try {
      await turn
    } finally {
      lane.waiting -= 1
      if (lane.waiting === 0) this.#sweep()
    }
  }

  async #due(lane: Lane, plan: () => Promise<Write | null>): Promise<Write | null> {
    const write = await plan()
    if (write === null || write.kind === 'post' || write.kind === 'freeze') return write
    const wait = lane.wroteAt + this.#editEveryMs - this.#clock.monotonic()
    if (wait <= 0) return write
    await pause(this.#clock, wait, this.#signal)
    // What is right by now.
    return this.#signal.aborted ? null : plan()
  }

  /** Forgets places whose distance is kept already. */
  #sweep(): void {
    if (this.#lanes.size < 1_000) return
    const since = this.#clock.monotonic() - this.#editEveryMs
    for (const [place, { waiting, wroteAt }] of this.#lanes) {
      if (waiting === 0 && wroteAt < since) this.#lanes.delete(place)
    }
  }
}

interface Lane {
  last: Promise<unknown>
  wroteAt: number
  waiting: number
}
