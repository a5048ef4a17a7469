import { pause, type Clock } from './core/clock.ts'
import { messageOf } from './core/failure.ts'
import type { Log } from './core/log.ts'
import type { Timings } from './core/timings.ts'
import type { Engine } from './engine/engine.ts'
import type { Store } from './stores/open.ts'
import type { Keep } from './stores/prune.ts'
import { background } from './system/background.ts'

interface Tools {
  readonly store: Store
  readonly engine: Engine
  readonly keep: Keep
  readonly clock: Clock
  readonly log: Log
  readonly timings: Pick<Timings, 'pruneAfterMs' | 'pruneEveryMs'>
}

/** Has the store take away what is old, once a day, until it is closed. */
export function takeAwayOld(tools: Tools): { close(): void } {
  const over = new AbortController()
  background(goOn(tools, over.signal), tools.log, 'prune')
  return { close: () => over.abort() }
}

async function goOn({ store, engine, keep, clock, log, timings }: Tools, signal: AbortSignal): Promise<void> {
  await pause(clock, timings.pruneAfterMs, signal)
  while (!signal.aborted) {
    try {
      // By a clock that is wrong, what is young looks old.
      const isClockWrong = (await engine.health()).findings.some(({ id }) => id === 'clock')
      if (!isClockWrong) log.info({ ...(await store.prune(keep)) }, 'store.pruned')
    } catch (error) {
      if (!signal.aborted) log.warn({ error: messageOf(error) }, 'store.unpruned')
    }
    await pause(clock, timings.pruneEveryMs, signal)
  }
}
