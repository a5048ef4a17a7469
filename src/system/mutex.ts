/** Runs what it is given one after the other, in the order given. One that fails does not stop the next. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  run<Value>(work: () => Promise<Value>): Promise<Value> {
    const next = this.#last.then(work, work)
    this.#last = next.catch(() => undefined)
    return next
  }

  /** Resolves when all that was given so far is over. Never rejects. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined)
  }
}
