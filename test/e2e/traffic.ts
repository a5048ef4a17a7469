import type { Exchange, Watcher } from 'loopback-discord'

/** One request of the bot that was answered. What a fault broke off without an answer is counted by the fault. */
export interface BotRequest {
  /** When it was answered, ms since 1970. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly status: number
  /** The answer came from a fault or a limit. */
  readonly disturbed: boolean
  /** The id of what the answer describes; null when it describes nothing. */
  readonly id: string | null
}

/** Everything the bot asked of Discord, for tests that bound it. */
export class Traffic implements Watcher {
  readonly requests: BotRequest[] = []
  readonly dispatches = new Map<string, number>()

  exchange({ isBot, method, path, status, disturbed, responseBody }: Exchange): void {
    if (!isBot) return
    const { id } = Object(responseBody) as { id?: unknown }
    this.requests.push({ at: Date.now(), method, path, status, disturbed, id: typeof id === 'string' ? id : null })
  }

  dispatch(name: string, _data: unknown, toBot: boolean): void {
    if (toBot) this.dispatches.set(name, (this.dispatches.get(name) ?? 0) + 1)
  }

  report(): object {
    return { requests: this.requests.length }
  }

  /** Messages that the bot posted, each once, as often as a repeated nonce gave it again. */
  get posted(): readonly string[] {
    const made = this.#of('POST', /^\/channels\/\d+\/messages$/).filter(({ status }) => status === 200)
    return [...new Set(made.flatMap(({ id }) => id ?? []))]
  }

  /** Requests of the kind. */
  count(method: string, path: RegExp): number {
    return this.#of(method, path).length
  }

  /** Requests of the kind that were refused for their number. */
  get limited(): readonly BotRequest[] {
    return this.requests.filter(({ status }) => status === 429)
  }

  #of(method: string, path: RegExp): readonly BotRequest[] {
    return this.requests.filter((request) => request.method === method && path.test(request.path))
  }
}
