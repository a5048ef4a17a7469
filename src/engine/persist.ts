import { pause, type Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

/** What keeps trying needs. `signal` ends it: then the last error is thrown. */
export interface Persistence {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Does something with the store until it works: a full disk is waited out, not lost over. A `bug` problem is thrown at
 * once, because trying again cannot help.
 */
export async function persist<Value>(tools: Persistence, what: string, work: () => Promise<Value>): Promise<Value> {
  for (let wait = 100; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      return await work()
    } catch (error) {
      if ((error instanceof Problem && error.kind === 'bug') || tools.signal.aborted) throw error
      tools.log.error({ what, error: messageOf(error), retryInMs: wait }, 'store.failed')
      await pause(tools.clock, wait, tools.signal)
    }
  }
}
