import type { Clock } from '../core/clock.ts'

/**
 * Lets the text of all runs into the journal together: a commit waits for the disk, and one for each word of each run
 * would hold everything up. Whoever has something to write joins, and all who joined write in the same moment.
 */
export class GroupCommit {
  readonly #clock: Clock
  readonly #everyMs: number
  #joined = new Set<() => void>()
  #isWaiting = false

  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock
    this.#everyMs = everyMs
  }

  /** Calls `write` when the group's moment has come, unless it leaves before. `write` must not throw. */
  join(write: () => void): Disposable {
    this.#joined.add(write)
    if (!this.#isWaiting) this.#clock.after(this.#everyMs, () => this.#go())
    this.#isWaiting = true
    return { [Symbol.dispose]: () => void this.#joined.delete(write) }
  }

  #go(): void {
    const joined = this.#joined
    this.#joined = new Set()
    this.#isWaiting = false
    for (const write of joined) write()
  }
}
