/** Milliseconds since 1970. For people and deadlines; never to order events by (see `Seq`). */
export type EpochMs = number

/** Time as a door, so that tests own it. */
export interface Clock {
  now(): EpochMs
  /** Milliseconds since some moment, never set back or forward by anybody: for waits. */
  monotonic(): number
  /**
   * Calls `run` once after `ms`, unless disposed before. `run` must not throw.
   * A pending timer does not keep the process alive, unless `keepsAlive`: for what somebody awaits.
   */
  after(ms: number, run: () => void, options?: { readonly keepsAlive?: boolean }): Disposable
}

/**
 * Resolves after `ms`, or at once when the signal fires. Never rejects. Keeps the process alive meanwhile: where
 * nothing else does, whoever waits would never go on.
 */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = clock.after(ms, done, { keepsAlive: true })
    function done(): void {
      signal?.removeEventListener('abort', done)
      timer[Symbol.dispose]()
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
