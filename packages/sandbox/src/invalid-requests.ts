import { edgePage } from './limits.ts'
import type { Clock } from './clock.ts'
import type { Answer } from './rest/route.ts'

/** Discord's window; who asks in vain too often in it is banned from the edge, by address. */
const WINDOW_MS = 10 * 60_000

/**
 * Counts answers that say a client is wrong: 401, 403, and 429 unless the limit was shared. Beyond the limit every
 * request is refused by the edge, in HTML, until the window has passed.
 * https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
 */
export class InvalidRequests {
  readonly #clock: Clock
  readonly #most: number
  #since = 0
  #count = 0

  constructor(clock: Clock, most: number) {
    this.#clock = clock
    this.#most = most
  }

  get count(): number {
    return this.#count
  }

  note(answer: Answer): void {
    const invalid = [401, 403, 429].includes(answer.status) && answer.headers?.['X-RateLimit-Scope'] !== 'shared'
    if (!invalid) return
    const now = this.#clock.now()
    if (now - this.#since > WINDOW_MS) [this.#since, this.#count] = [now, 0]
    this.#count++
  }

  /** The edge's answer to everybody while the ban lasts. */
  ban(): Answer | null {
    const leftMs = this.#since + WINDOW_MS - this.#clock.now()
    return this.#count > this.#most && leftMs > 0 ? edgePage(leftMs / 1000) : null
  }
}
