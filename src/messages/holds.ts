import type { Clock } from '../core/clock.ts'
import type { Timings } from '../core/timings.ts'
import { backOffMs, type BackOff } from '../system/back-off.ts'

/** Why a message has to wait. */
export type HoldReason = 'closed' | 'later' | 'refused' | 'too-old'

const longestMs = 300_000
const lastingFailures = 3

function backOffs({ closedAgainAfterMs, oldAgainAfterMs }: Timings): Readonly<Record<HoldReason, BackOff>> {
  return {
    closed: { firstMs: closedAgainAfterMs, longestMs },
    later: { firstMs: closedAgainAfterMs, longestMs: 30_000 },
    refused: { firstMs: 2 * closedAgainAfterMs, longestMs },
    'too-old': { firstMs: oldAgainAfterMs, longestMs: 15 * oldAgainAfterMs },
  }
}

interface Hold {
  readonly reason: HoldReason
  /** By the monotonic clock. */
  readonly until: number
  readonly failures: number
}

/** Messages that could not be written, and when each is tried again: later each time it fails. */
export class HeldMessages {
  readonly #clock: Clock
  readonly #backOffs: Readonly<Record<HoldReason, BackOff>>
  readonly #holds = new Map<string, Hold>()

  constructor(clock: Clock, timings: Timings) {
    this.#clock = clock
    this.#backOffs = backOffs(timings)
  }

  /** Gives in how many milliseconds it is tried again. */
  hold(role: string, reason: HoldReason): number {
    const before = this.#holds.get(role)
    const failures = before?.reason === reason ? before.failures + 1 : 1
    const wait = backOffMs(this.#backOffs[reason], failures)
    this.#holds.set(role, { reason, until: this.#clock.monotonic() + wait, failures })
    return wait
  }

  /** Whether it has failed so often that it is no hiccup. */
  lasts(role: string): boolean {
    return (this.#holds.get(role)?.failures ?? 0) >= lastingFailures
  }

  /** It could be written. */
  clear(role: string): void {
    this.#holds.delete(role)
  }

  /** Whatever waits is tried again at once: something has changed where it is to stand. */
  release(): void {
    for (const [role, hold] of this.#holds) {
      if (hold.reason !== 'too-old') this.#holds.set(role, { ...hold, until: Number.NEGATIVE_INFINITY })
    }
  }

  /** Those that wait now. */
  now(): ReadonlyMap<string, 'blocks' | 'alone'> {
    const now = this.#clock.monotonic()
    const waiting = [...this.#holds].filter(([, { until }]) => until > now)
    return new Map(waiting.map(([role, { reason }]) => [role, reason === 'too-old' ? 'alone' : 'blocks']))
  }

  /** Until the first of them is tried again, in milliseconds; null: none waits. */
  get nextInMs(): number | null {
    const now = this.#clock.monotonic()
    const ends = [...this.#holds.values()].flatMap(({ until }) => (until > now ? [until - now] : []))
    return ends.length === 0 ? null : Math.min(...ends)
  }
}
