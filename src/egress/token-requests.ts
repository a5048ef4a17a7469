import { randomUUID } from 'node:crypto'
import type { GitToken } from '../core/identity.ts'
import type { SessionId } from '../core/ids.ts'

/** A session wants to ask a git server in somebody's name. */
export interface TokenRequest {
  readonly id: string
  readonly session: SessionId
  readonly origin: string
}

/**
 * Tokens are never kept on this side: the bot is asked for each request, because it knows whose turn it is at that
 * moment. While there is none, the request waits for the next one.
 */
export class TokenRequests {
  readonly #open = new Map<string, { readonly request: TokenRequest; answer(token: GitToken | null): void }>()
  readonly #tell: (request: TokenRequest) => void

  constructor(tell: (request: TokenRequest) => void) {
    this.#tell = tell
  }

  /** What nobody has answered, for a bot that has come back. */
  get all(): readonly TokenRequest[] {
    return [...this.#open.values()].map(({ request }) => request)
  }

  /** Null: there is none, or nobody wants it any more. */
  ask(session: SessionId, origin: string, left: AbortSignal): Promise<GitToken | null> {
    const request = { id: randomUUID(), session, origin }
    const { promise, resolve } = Promise.withResolvers<GitToken | null>()
    const answer = (token: GitToken | null): void => {
      this.#open.delete(request.id)
      resolve(token)
    }
    this.#open.set(request.id, { request, answer })
    left.addEventListener('abort', () => answer(null), { once: true })
    this.#tell(request)
    return promise
  }

  answer(id: string, token: GitToken | null): void {
    this.#open.get(id)?.answer(token)
  }
}
