/** Milliseconds since 1970. For people and deadlines; never to order events by (see `Seq`). */
export type EpochMs = number

/** Time as a door, so that tests own it. */
export interface Clock {
  now(): EpochMs
  /**
   * Calls `run` once after `ms`, unless disposed before. `run` must not throw.
   * A pending timer does not keep the process alive.
   */
  after(ms: number, run: () => void): Disposable
}

/** Resolves after `ms`, or at once when the signal fires. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const timer = clock.after(ms, done)
    function done(): void {
      signal?.removeEventListener('abort', done)
      timer[Symbol.dispose]()
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
