import type { Clock } from '../../src/core/clock.ts'
import { hostClock } from '../../src/system/host.ts'

/** The machine's clock, so much ahead of it on the wall; waits are as long as ever. */
export function aheadBy(ms: number): Clock {
  return { ...hostClock, now: () => hostClock.now() + ms }
}

/** Noon in the middle of a month, by UTC: no day, month or year ends while a story is told that begins then. */
export const noon = Date.UTC(2026, 5, 15, 12)
