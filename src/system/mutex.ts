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

/** A mutex for each key. One that nobody uses is forgotten. */
export class KeyedMutex {
  readonly #mutexes = new Map<string, { readonly mutex: Mutex; users: number }>()

  async run<Value>(key: string, work: () => Promise<Value>): Promise<Value> {
    const entry = this.#mutexes.get(key) ?? { mutex: new Mutex(), users: 0 }
    this.#mutexes.set(key, entry)
    entry.users += 1
    try {
      return await entry.mutex.run(work)
    } finally {
      entry.users -= 1
      if (entry.users === 0) this.#mutexes.delete(key)
    }
  }
}
