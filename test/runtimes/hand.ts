import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/core/clock.ts'

/** A clock that the test turns. */
export class Hand implements Clock {
  #now = 0
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.now()
  }

  after(ms: number, run: () => void): Disposable {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => this.#timers.delete(timer) }
  }

  /** Lets so much time pass, in order, with a moment for whatever each timer begins. */
  async turn(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#now = next.at
      this.#timers.delete(next)
      next.run()
      await setImmediate()
    }
    this.#now = until
  }

  /** Lets so much time pass again and again, until that is over. */
  async turnUntil(over: Promise<unknown>, ms: number): Promise<void> {
    const done = new AbortController()
    const end = over.finally(() => done.abort())
    while (!done.signal.aborted) {
      await this.turn(ms)
      await setImmediate()
    }
    await end
  }

  get waiting(): number {
    return this.#timers.size
  }
}
