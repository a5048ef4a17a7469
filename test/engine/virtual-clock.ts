import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, EpochMs } from '../../src/core/clock.ts'

interface Timer {
  readonly at: EpochMs
  readonly nth: number
  readonly run: () => void
}

/** A clock that stands still until it is told to go on: hours pass in as long as it takes to do what happens in them. */
export class VirtualClock implements Clock {
  #now: EpochMs
  #nth = 0
  readonly #timers = new Set<Timer>()

  constructor(now: EpochMs) {
    this.#now = now
  }

  now(): EpochMs {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#now + Math.max(0, ms), nth: ++this.#nth, run }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
  }

  /** Goes on to a moment for which nobody waits. */
  skip(moment: EpochMs): void {
    this.#now = moment
  }

  /** Goes on to a moment; whatever is due until then happens in its order, each with all that follows from it. */
  async goTo(moment: EpochMs): Promise<void> {
    for (let next = this.#next(moment); next !== null; next = this.#next(moment)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await calm()
    }
    this.#now = moment
    await calm()
  }

  #next(until: EpochMs): Timer | null {
    let first: Timer | null = null
    for (const each of this.#timers) {
      if (each.at > until) continue
      if (first === null || each.at < first.at || (each.at === first.at && each.nth < first.nth)) first = each
    }
    return first
  }
}

/** Lets everything go on that waits for nothing but its turn: the store commits within one turn of the event loop. */
async function calm(): Promise<void> {
  for (let turn = 0; turn < 24; turn++) await nextTurn()
}
