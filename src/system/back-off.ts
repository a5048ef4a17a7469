import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

/** How the waits between tries grow: twice as long each time, from the first to the longest. */
export interface BackOff {
  readonly firstMs: number
  readonly longestMs: number
}

/** The wait after so many failures in a row, from 1 on. */
export function backOffMs({ firstMs, longestMs }: BackOff, failures: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), longestMs)
}

/** What `retry` needs. `signal` ends it: then the last error is thrown. */
export interface RetryTools {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

const storeBackOff: BackOff = { firstMs: 100, longestMs: 10_000 }

/**
 * Does something with the store until it works: a full disk is waited out, not lost over. A `bug` problem is thrown at
 * once, because trying again cannot help.
 */
export async function retry<Value>(tools: RetryTools, what: string, work: () => Promise<Value>): Promise<Value> {
  for (let failures = 1; ; failures++) {
    try {
      return await work()
    } catch (error) {
      if ((error instanceof Problem && error.kind === 'bug') || tools.signal.aborted) throw error
      const retryInMs = backOffMs(storeBackOff, failures)
      tools.log.error({ what, error: messageOf(error), retryInMs }, 'store.failed')
      await pause(tools.clock, retryInMs, tools.signal)
    }
  }
}
