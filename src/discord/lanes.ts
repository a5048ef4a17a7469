import { DiscordAPIError, RateLimitError } from '@discordjs/rest'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'

/** What an error of Discord's REST means to whoever asked. */
export type Meaning =
  /** The place or message is no more, or closed to us. */
  | { readonly kind: 'gone' }
  /** The message may not be edited any more (30046, some time after its first hour). */
  | { readonly kind: 'too-old' }
  /** The thread sleeps; writing into it needs it awake. */
  | { readonly kind: 'archived' }
  /** An interaction whose time is over, or that was answered already. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'limited'; readonly forMs: number }
  /** Trouble on the way or on their side: the same call may work in a moment. */
  | { readonly kind: 'trouble' }
  /** They understood and said no. We are wrong, so trying again would not help. */
  | { readonly kind: 'rejected' }

/** Unknown channel, guild, message; missing access or permission; a closed DM; a locked thread. */
const goneCodes = new Set([10_003, 10_004, 10_008, 50_001, 50_007, 50_013, 160_005])
/** Unknown interaction or webhook, answered already, token too old. */
const expiredCodes = new Set([10_015, 10_062, 40_060, 50_027])
const tooOldToEdit = 30_046
const archivedThread = 50_083

/** Unknown channel or message: it was deleted, or never was. */
export function isNoMore(error: unknown): boolean {
  return error instanceof DiscordAPIError && [10_003, 10_008].includes(Number(error.code))
}

export function meaningOf(error: unknown): Meaning {
  if (error instanceof RateLimitError) {
    return { kind: 'limited', forMs: Math.max(error.retryAfter, error.timeToReset, error.sublimitTimeout, 500) }
  }
  if (error instanceof DiscordAPIError) {
    const code = Number(error.code)
    if (code === archivedThread) return { kind: 'archived' }
    if (code === tooOldToEdit) return { kind: 'too-old' }
    if (goneCodes.has(code)) return { kind: 'gone' }
    if (expiredCodes.has(code)) return { kind: 'expired' }
    // A 401 or 403 without a code of Discord's comes from the edge before it, and may be over in a moment.
    if (!(code > 0) || error.status === 401) return { kind: 'trouble' }
    return { kind: error.status === 403 || error.status === 404 ? 'gone' : 'rejected' }
  }
  return { kind: 'trouble' }
}

/** No call is kept waiting for longer than this because of rate limits. */
const patienceMs = 60_000

/** How a call ended. `failed` carries the error that it ended with. */
export type Done<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown }

/**
 * Calls to one channel go out one after the other, in the order they were made; calls to different channels never wait
 * for each other. Trouble on the way is tried again a few times, rate limits are obeyed.
 */
export class Lanes {
  readonly #clock: Clock
  readonly #log: Log
  readonly #backOffMs: readonly number[]
  readonly #closing = new AbortController()
  /** The end of each lane's queue. */
  readonly #ends = new Map<string, Promise<unknown>>()
  /** Until when a channel is to be left alone. */
  readonly #restUntil = new Map<string, number>()

  /** `backOffMs`: the pauses before the second, third, … try. */
  constructor(clock: Clock, log: Log, backOffMs: readonly number[]) {
    this.#clock = clock
    this.#log = log
    this.#backOffMs = backOffMs
  }

  /** Waits for the channel's earlier calls, then makes this one. Never rejects. */
  async run<Value>(channel: string, call: () => Promise<Value>): Promise<Done<Value>> {
    const before = this.#ends.get(channel) ?? Promise.resolve()
    const mine = before.then(() => this.attempt(channel, call))
    this.#ends.set(channel, mine)
    const done = await mine
    if (this.#ends.get(channel) === mine) this.#ends.delete(channel)
    return done
  }

  /** The same without waiting for the channel's other calls. */
  async attempt<Value>(channel: string, call: () => Promise<Value>): Promise<Done<Value>> {
    const patience = this.#clock.now() + patienceMs
    for (let tries = 0; ;) {
      if (this.#closing.signal.aborted) return { ok: false, error: new Error('The connection to Discord is closed') }
      const until = this.#restUntil.get(channel) ?? 0
      const rest = until - this.#clock.now()
      if (until > patience) return { ok: false, error: new Error(`Rate limited for ${rest} ms more`) }
      if (rest > 0) await pause(this.#clock, rest, this.#closing.signal)
      else this.#restUntil.delete(channel)
      try {
        return { ok: true, value: await call() }
      } catch (error) {
        const meaning = meaningOf(error)
        if (meaning.kind === 'limited') {
          this.#restUntil.set(channel, this.#clock.now() + meaning.forMs)
          continue
        }
        const wait = this.#backOffMs[tries++]
        if (meaning.kind !== 'trouble' || wait === undefined) return { ok: false, error }
        this.#log.warn({ channel, error: messageOf(error), againInMs: wait }, 'discord.retry')
        await pause(this.#clock, wait, this.#closing.signal)
      }
    }
  }

  isResting(channel: string): boolean {
    return (this.#restUntil.get(channel) ?? 0) > this.#clock.now()
  }

  /** Ends all waiting; what still waits gives trouble. */
  close(): void {
    this.#closing.abort()
  }
}
