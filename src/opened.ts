/**
 * What has been opened, closed in reverse order. An AsyncDisposableStack would do; Node 22, which the product runs on,
 * has none.
 */
export class Opened {
  readonly #closers: (() => void | Promise<void>)[] = []

  /** Remembers how something just opened is closed, and gives it back. */
  add<T extends { close(): void | Promise<void> }>(opened: T): T {
    this.#closers.push(() => opened.close())
    return opened
  }

  /** Closes everything, last opened first, even when one fails; rejects with the first failure then. Idempotent. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let closer = this.#closers.pop(); closer !== undefined; closer = this.#closers.pop()) {
      try {
        await closer()
      } catch (failure) {
        failures.push(failure)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
