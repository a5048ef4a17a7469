import { patienceMs } from '../patience.ts'

/** Every request a scripted model received, and the means by which a test waits for them and holds them. */

/** One request of a CLI to the model. The record is live: it changes while the answer streams. */
export interface ModelRequest {
  /** 1, 2, 3 … in order of arrival. */
  readonly number: number
  /** Method and path without the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body; null when it had none. */
  readonly body: unknown
  /** Who asks: the session id that the CLI sends, or an empty string. */
  readonly session: string
  /** The latest text of a person in it. */
  readonly prompt: string
  /** Which step of the script it gets, from 0. */
  readonly step: number
  /** Content of the last message of role `user`, as the CLI sent it. */
  readonly last: unknown
  /** `aborted`: the client closed the connection before the answer's end. */
  readonly state: 'open' | 'answered' | 'aborted'
  /** Deltas written so far. */
  readonly chunks: number
  /** The gate it stands before, or null. */
  readonly heldBy: string | null
  /** ms since the epoch, with fractions. */
  readonly arrivedAt: number
  /** When it was answered or aborted; null while it is open. */
  readonly endedAt: number | null
}

export type OpenRequest = { -readonly [key in keyof ModelRequest]: ModelRequest[key] }

/** A place in a stream where it waits for the test. */
export interface Gate {
  /** The request that stands before the gate; waits for one. */
  reached(options?: WaitOptions): Promise<ModelRequest>
  /** Lets it through, and every later one. */
  open(): void
  /** Holds those that come from now on. */
  close(): void
}

export interface WaitOptions {
  /** ms until the wait fails; 60,000 unless told. */
  readonly deadline?: number
}

export interface Waiter {
  readonly isMet: (request: ModelRequest) => boolean
  readonly resolve: (request: ModelRequest) => void
}

export class Ledger {
  readonly requests: OpenRequest[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #openGates = new Set<string>()
  readonly #held = new Map<string, Set<() => void>>()

  /** To be called after every change of a request: what a test waits for may have come true. */
  changed(request: ModelRequest): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isMet(request)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(request)
    }
  }

  /** The first request, past or future, for which the condition is or becomes true. */
  waitFor(condition: (request: ModelRequest) => boolean, options: WaitOptions = {}): Promise<ModelRequest> {
    const known = this.requests.find(condition)
    if (known !== undefined) return Promise.resolve(known)
    const deadline = options.deadline ?? patienceMs
    const { promise, resolve, reject } = Promise.withResolvers<ModelRequest>()
    const waiter: Waiter = { isMet: condition, resolve }
    this.#waiters.add(waiter)
    const timer = setTimeout(() => {
      this.#waiters.delete(waiter)
      reject(new Error(`No model request met the condition within ${deadline} ms. Seen:\n${this.#summary()}`))
    }, deadline)
    return promise.finally(() => clearTimeout(timer))
  }

  gate(name: string): Gate {
    return {
      reached: (options) => this.waitFor((request) => request.heldBy === name, options),
      open: () => {
        this.#openGates.add(name)
        for (const pass of this.#held.get(name) ?? []) pass()
        this.#held.delete(name)
      },
      close: () => void this.#openGates.delete(name),
    }
  }

  /** Resolves when the gate is open, or at once when the signal says that nobody waits for the answer any more. */
  async hold(request: OpenRequest, name: string, signal: AbortSignal): Promise<void> {
    if (this.#openGates.has(name) || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const held = this.#held.get(name) ?? new Set()
    this.#held.set(name, held.add(resolve))
    signal.addEventListener('abort', () => resolve(), { once: true })
    request.heldBy = name
    this.changed(request)
    await promise
    request.heldBy = null
    this.changed(request)
  }

  #summary(): string {
    const lines = this.requests.map(
      ({ number, path, step, state, chunks, prompt }) =>
        `  ${number} ${path} step ${step} ${state} after ${chunks} chunks: ${prompt.slice(0, 80)}`,
    )
    return lines.length === 0 ? '  (none)' : lines.join('\n')
  }
}
