/** A counter of Discord's: windows that stand begin with the first call; those that slide give calls back one by one. */
export class ModelLimit {
  readonly #limit: number
  readonly #windowMs: number
  readonly #slides: boolean
  #endsAt = Number.NEGATIVE_INFINITY
  #used = 0
  #wholeAt = Number.NEGATIVE_INFINITY

  constructor(kind: 'standing' | 'sliding', limit: number, windowMs: number) {
    this.#slides = kind === 'sliding'
    this.#limit = limit
    this.#windowMs = windowMs
  }

  /** A call that arrives now: its status, and what its headers say. */
  call(now: number): { readonly status: number; readonly headers: Headers } {
    return this.#slides ? this.#slide(now) : this.#stand(now)
  }

  #stand(now: number) {
    if (this.#endsAt <= now) [this.#endsAt, this.#used] = [now + this.#windowMs, 0]
    const isFree = this.#used < this.#limit
    if (isFree) this.#used += 1
    return this.#answer(isFree, this.#limit - this.#used, this.#endsAt - now, now)
  }

  #slide(now: number) {
    const each = this.#windowMs / this.#limit
    const owed = Math.max(0, this.#wholeAt - now)
    const isFree = owed + each <= this.#windowMs
    if (isFree) this.#wholeAt = now + owed + each
    const after = this.#wholeAt - now
    return this.#answer(isFree, Math.floor((this.#windowMs - after) / each), after, now)
  }

  #answer(isFree: boolean, remaining: number, afterMs: number, now: number) {
    const headers = new Headers({
      'X-RateLimit-Limit': String(this.#limit),
      'X-RateLimit-Remaining': String(remaining),
      'X-RateLimit-Reset': ((1_700_000_000_000 + now + afterMs) / 1000).toFixed(3),
      'X-RateLimit-Reset-After': (afterMs / 1000).toFixed(3),
      'X-RateLimit-Bucket': 'messages',
    })
    return { status: isFree ? 200 : 429, headers }
  }
}
