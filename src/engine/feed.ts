import type { Entry } from '../core/event.ts'

/**
 * What happens to runs, told within this process as it happens: each event once, in the order of its run. Text is told
 * a moment before it is in the journal, so that people see it at once; everything else after.
 */
export class Feed {
  readonly #listeners = new Set<(entry: Entry) => void>()

  /** `listener` must not throw. */
  subscribe(listener: (entry: Entry) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  publish(entries: Iterable<Entry>): void {
    for (const entry of entries) for (const listener of this.#listeners) listener(entry)
  }
}
