import { noLimit, type CallBudget, type Deed } from '../core/pace.ts'
import type { Clock } from '../core/clock.ts'

/** Believed until an answer says otherwise. */
const belief = { limit: 5, windowMs: 5_000 }
/** Discord's clock and the way of an answer are never known to the millisecond. */
const marginMs = 50
/** All calls of a bot together, in a second: the one figure that Discord documents and puts in no header. */
const totalLimit = 50
const totalWindowMs = 1_000
/** A moment of reset that moves by less has not moved. */
const stillMs = 100
const mostKept = 5_000

/** One counter of Discord's, as its last answer told of it, less what has gone out since. */
interface Counter {
  readonly limit: number
  readonly windowMs: number
  remaining: number
  /** When all of it is there again, by our monotonic clock. */
  fullAt: number
  /** The same by Discord's clock, in milliseconds; null before the first answer. */
  readonly toldReset: number | null
  /** Calls that are on their way. */
  out: number
}

/** A call that has gone out: how it came back is to be said once. */
export interface CountedCall {
  /** Gives after how many milliseconds the next one may go, when its headers tell of a limit. */
  answered(status: number, headers: Headers): number | null
  lost(): void
}

/**
 * What Discord's headers say is left, channel by channel, and for posts, edits and removals each: they share a bucket's
 * name and have counters of their own (discord-api-docs#8073). A header does not tell whether a window stands or slides,
 * but two do: where the moment of reset moves with each call, calls come back one by one (#7680). Until that is seen, all
 * of them come back at the reset, which is never too early.
 */
export class Budgets {
  readonly #clock: Clock
  readonly #counters = new Map<string, Counter>()
  /** After how long one call comes back, where windows slide. */
  readonly #eachMs = new Map<Deed, number>()
  /** When the calls of the last second went out. */
  #sent: number[] = []
  /** Calls that are about to go out: each is drawn and kept first. */
  readonly #claimed = new Set<string>()
  /** When each read that may go out and has not yet got its turn. */
  #expected: number[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What is left for a deed in a channel. */
  of(channel: string, deed: Deed): CallBudget {
    const counter = this.#counters.get(`${deed} ${channel}`)
    return counter === undefined ? fresh(belief.limit) : this.#read(counter, deed)
  }

  /** What is left for the bot as a whole. */
  total(): CallBudget {
    const now = this.#clock.monotonic()
    this.#sent = this.#sent.filter((at) => at + totalWindowMs + marginMs > now)
    // One that has not gone out by then never will.
    this.#expected = this.#expected.filter((at) => at + totalWindowMs > now)
    const [first = now, last = now] = [this.#sent[0], this.#sent.at(-1)]
    const used = this.#sent.length + this.#claimed.size + this.#expected.length
    if (used === 0) return fresh(totalLimit)
    return {
      limit: totalLimit,
      remaining: Math.max(0, totalLimit - used),
      nextInMs: first + totalWindowMs + marginMs - now,
      fullInMs: last + totalWindowMs + marginMs - now,
    }
  }

  /** Many places would take the same last call otherwise: see `Pace.claim`. */
  claim(channel: string, deed: Deed): Disposable {
    const key = `${deed} ${channel}`
    this.#claimed.add(key)
    return { [Symbol.dispose]: () => void this.#claimed.delete(key) }
  }

  /** A read is about to go out: it counts for the total from now on. */
  expectRead(): void {
    this.#expected.push(this.#clock.monotonic())
  }

  /** Just before a call goes out: it counts although its answer is not there yet. Null: of no channel's budget. */
  call(method: string, url: string): CountedCall | null {
    const now = this.#clock.monotonic()
    if (method === 'GET') this.#expected.shift()
    if (!url.includes('/interactions/')) this.#sent.push(now)
    const named = nameOf(method, url)
    if (named === null) return null
    const { key, deed } = named
    this.#claimed.delete(key)
    this.#spend(key, deed)
    return {
      answered: (status, headers) => this.#learn(key, deed, status, headers),
      lost: () => void this.#withOut(key, -1),
    }
  }

  #spend(key: string, deed: Deed): void {
    const now = this.#clock.monotonic()
    const known = this.#counters.get(key) ?? {
      ...belief,
      remaining: belief.limit,
      fullAt: now,
      toldReset: null,
      out: 0,
    }
    const { remaining } = this.#read(known, deed)
    const each = this.#eachMs.get(deed)
    known.remaining = Math.max(0, remaining - 1)
    known.fullAt =
      each === undefined
        ? known.fullAt > now
          ? known.fullAt
          : now + known.windowMs + marginMs
        : Math.max(now + marginMs, known.fullAt) + each
    known.out += 1
    this.#counters.set(key, known)
    if (this.#counters.size > mostKept) this.#sweep()
  }

  #withOut(key: string, by: number): Counter | null {
    const counter = this.#counters.get(key)
    if (counter === undefined) return null
    counter.out = Math.max(0, counter.out + by)
    return counter
  }

  #learn(key: string, deed: Deed, status: number, headers: Headers): number | null {
    const known = this.#withOut(key, -1)
    if (known === null) return null
    const told = toldBy(headers)
    const now = this.#clock.monotonic()
    if (told === null) {
      // Whoever answers as it should and tells of no limit has none.
      const isFree = status >= 200 && status < 300
      if (isFree) this.#counters.set(key, { ...known, ...free, fullAt: now })
      return null
    }
    const { limit, remaining, afterMs, resetMs } = told
    this.#tellApart(deed, known, told)
    const each = this.#eachMs.get(deed)
    const counter = {
      limit,
      // A window is as long as the longest rest of it that was told.
      windowMs: Math.max(known.windowMs, afterMs),
      remaining: status === 429 ? 0 : Math.max(0, remaining - known.out),
      fullAt: now + afterMs + marginMs + (each === undefined ? 0 : known.out * each),
      toldReset: resetMs,
      out: known.out,
    }
    this.#counters.set(key, counter)
    // The client has a margin of its own.
    const next = this.#read(counter, deed)
    return next.remaining > 0 ? 0 : Math.max(0, next.nextInMs - marginMs)
  }

  /** Two answers of one window tell whether it slides: then its end moves by as much as one call is worth. */
  #tellApart(deed: Deed, { toldReset }: Counter, { limit, remaining, afterMs, resetMs }: Told): void {
    const answeredMs = resetMs - afterMs
    if (toldReset === null || answeredMs >= toldReset) return
    const moved = resetMs - toldReset
    if (Math.abs(moved) < stillMs) return void this.#eachMs.delete(deed)
    // What is left has to agree, or a call in between had no answer.
    const used = limit - remaining
    const agrees = moved * used > afterMs - stillMs && moved * (used - 1) < afterMs + stillMs
    if (moved > 0 && agrees) this.#eachMs.set(deed, moved)
  }

  #read({ limit, remaining, fullAt }: Counter, deed: Deed): CallBudget {
    if (!Number.isFinite(limit)) return noLimit
    const now = this.#clock.monotonic()
    const fullInMs = Math.max(0, fullAt - now)
    if (fullInMs === 0) return fresh(limit)
    const each = this.#eachMs.get(deed)
    if (each === undefined) return { limit, remaining, nextInMs: fullInMs, fullInMs }
    const back = Math.max(remaining, limit - Math.ceil(fullInMs / each))
    return { limit, remaining: back, nextInMs: Math.max(1, fullInMs - (limit - back - 1) * each), fullInMs }
  }

  #sweep(): void {
    const now = this.#clock.monotonic()
    for (const [key, { fullAt, out }] of this.#counters) if (fullAt <= now && out === 0) this.#counters.delete(key)
  }
}

const free = { limit: Infinity, remaining: Infinity, windowMs: belief.windowMs, toldReset: null }

function fresh(limit: number): CallBudget {
  return { limit, remaining: limit, nextInMs: 0, fullInMs: 0 }
}

function nameOf(method: string, url: string): { readonly key: string; readonly deed: Deed } | null {
  const [, channel, message] = /\/channels\/(\d+)\/messages(\/\d+)?(?:\?|$)/.exec(url) ?? []
  if (channel === undefined) return null
  const deed = deedOf(method, message !== undefined)
  return deed === null ? null : { deed, key: `${deed} ${channel}` }
}

function deedOf(method: string, isOfOne: boolean): Deed | null {
  if (!isOfOne) return method === 'POST' ? 'post' : null
  return method === 'PATCH' ? 'edit' : method === 'DELETE' ? 'remove' : null
}

interface Told {
  readonly limit: number
  readonly remaining: number
  readonly afterMs: number
  readonly resetMs: number
}

function toldBy(headers: Headers): Told | null {
  const [limit, remaining, after, reset] = ['limit', 'remaining', 'reset-after', 'reset'].map((name) =>
    Number(headers.get(`x-ratelimit-${name}`) ?? Number.NaN),
  ) as [number, number, number, number]
  const told = { limit, remaining, afterMs: after * 1000, resetMs: reset * 1000 }
  return limit > 0 && remaining >= 0 && after >= 0 && reset >= 0 ? told : null
}
