import type { Wake } from '../core/journal.ts'

/** The wake within one process: whoever listens is told as soon as something is on the disk. */
export class LocalWake implements Wake {
  readonly #listeners = new Set<() => void>()

  subscribe(look: () => void): Disposable {
    this.#listeners.add(look)
    return { [Symbol.dispose]: () => void this.#listeners.delete(look) }
  }

  look(): void {
    for (const look of this.#listeners) look()
  }
}
