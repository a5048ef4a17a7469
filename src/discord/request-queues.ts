import { DiscordAPIError, RateLimitError } from '@discordjs/rest'
import { pause, type Clock } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import type { ReadUrgency } from '../core/pace.ts'
import type { Budgets } from './budgets.ts'
import { ReadTurns } from './read-turns.ts'

/** What an error of Discord's REST means to whoever asked. */
export type Meaning =
  /** The place is no more. Only what Discord says in so many words is believed. */
  | { readonly kind: 'gone' }
  /** The message is no more. */
  | { readonly kind: 'deleted' }
  /** Not for us, for now: rights, roles and locks change. */
  | { readonly kind: 'closed' }
  /** The message may not be edited any more (30046, some time after its first hour). */
  | { readonly kind: 'too-old' }
  /** The thread sleeps; writing into it needs it awake. */
  | { readonly kind: 'archived' }
  /** An interaction whose time is over, or that was answered already. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'limited'; readonly forMs: number }
  /** Trouble on the way or on their side: the same call may work in a moment. */
  | { readonly kind: 'trouble' }
  /** They understood and said no to this very call. */
  | { readonly kind: 'rejected' }

/** Unknown channel, unknown guild. */
const goneCodes = new Set([10_003, 10_004])
const unknownMessage = 10_008
/** Unknown interaction or webhook, answered already, token too old. */
const expiredCodes = new Set([10_015, 10_062, 40_060, 50_027])
/**
 * About the place, although they may come with 400: missing access, a closed DM, no text channel, missing permission,
 * the wrong kind of channel, a locked thread.
 */
const closedCodes = new Set([50_001, 50_007, 50_008, 50_013, 50_024, 160_005])
/** Slow mode and other waits that come without the usual headers. */
const waitCodes = new Set([20_016, 20_022, 20_028, 40_004, 40_006])
const tooOldToEdit = 30_046
const archivedThread = 50_083

/** Unknown channel or message: it was deleted, or never was. */
export function isNoMore(error: unknown): boolean {
  const { kind } = meaningOf(error)
  return kind === 'gone' || kind === 'deleted'
}

/** What is there cannot be had: it is no more, or not for us. */
export function isKeptFromUs(error: unknown): boolean {
  return isNoMore(error) || meaningOf(error).kind === 'closed'
}

export function meaningOf(error: unknown): Meaning {
  if (error instanceof RateLimitError) {
    return { kind: 'limited', forMs: Math.max(error.retryAfter, error.timeToReset, error.sublimitTimeout, 500) }
  }
  if (!(error instanceof DiscordAPIError)) return { kind: 'trouble' }
  const code = Number(error.code)
  if (code === archivedThread) return { kind: 'archived' }
  if (code === tooOldToEdit) return { kind: 'too-old' }
  if (code === unknownMessage) return { kind: 'deleted' }
  if (goneCodes.has(code)) return { kind: 'gone' }
  if (closedCodes.has(code)) return { kind: 'closed' }
  if (expiredCodes.has(code)) return { kind: 'expired' }
  if (waitCodes.has(code)) return { kind: 'trouble' }
  // Discord has a number for every no; what has none comes from the edge before it, or from something on the way, and may
  // be over in a moment. That something was too large for it will not.
  if (!Number.isFinite(code) && error.status !== 413) return { kind: 'trouble' }
  switch (error.status) {
    case 401:
    case 408:
    case 429:
      return { kind: 'trouble' }
    case 403:
      // Without a reason it is the edge's as well.
      return { kind: code > 0 ? 'closed' : 'trouble' }
    case 404:
      return { kind: 'closed' }
    default:
      return { kind: error.status < 500 ? 'rejected' : 'trouble' }
  }
}

const onlyTrouble: ReadonlySet<Meaning['kind']> = new Set(['trouble'])

/** No call is kept waiting for longer than this because of rate limits. */
const patienceMs = 60_000

/** How a call ended. `failed` carries the error that it ended with. */
export type Done<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown }

/**
 * Calls of one queue (a channel, and what is done there) go out one after the other, in the order they were made; those of different queues never wait
 * for each other. Trouble on the way is tried again a few times, rate limits are obeyed.
 */
export class RequestQueues {
  readonly #clock: Clock
  readonly #log: Log
  readonly #backOffMs: readonly number[]
  readonly #isAway: (queue: string) => boolean
  readonly #closing = new AbortController()
  readonly #reads: ReadTurns
  /** The end of each queue's queue. */
  readonly #ends = new Map<string, Promise<unknown>>()
  /** Until when a channel is to be left alone, by the monotonic clock. */
  readonly #restUntil = new Map<string, number>()

  /**
   * `backOffMs`: the pauses before the second, third, … try. `isAway`: whether what a queue is about lies on a server that
   * is away, so that nobody can say what is no more there.
   */
  constructor(
    clock: Clock,
    budgets: Budgets,
    log: Log,
    backOffMs: readonly number[],
    isAway: (queue: string) => boolean = () => false,
  ) {
    this.#clock = clock
    this.#reads = new ReadTurns(clock, budgets, this.#closing.signal)
    this.#log = log
    this.#backOffMs = backOffMs
    this.#isAway = isAway
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

  /** The same without waiting for the channel's other calls. `again`: what else, beside trouble, may work in a moment. */
  async attempt<Value>(
    channel: string,
    call: () => Promise<Value>,
    again: ReadonlySet<Meaning['kind']> = onlyTrouble,
  ): Promise<Done<Value>> {
    const patience = this.#clock.monotonic() + patienceMs
    for (let tries = 0; ;) {
      if (this.#closing.signal.aborted) return { ok: false, error: new Error('The connection to Discord is closed') }
      const until = this.#restUntil.get(channel) ?? 0
      const rest = until - this.#clock.monotonic()
      if (until > patience) return { ok: false, error: new Error(`Rate limited for ${rest} ms more`) }
      if (rest > 0) await pause(this.#clock, rest, this.#closing.signal)
      else this.#restUntil.delete(channel)
      // It may be back by the time of the answer, which is about then.
      const wasAway = this.#isAway(channel)
      try {
        return { ok: true, value: await call() }
      } catch (error) {
        const meaning = meaningOf(error)
        if (meaning.kind === 'limited') {
          this.#restUntil.set(channel, this.#clock.monotonic() + meaning.forMs)
          continue
        }
        const isNoMoreThere = meaning.kind === 'gone' || meaning.kind === 'deleted'
        if (isNoMoreThere && (wasAway || this.#isAway(channel))) {
          return { ok: false, error: new Error(`The server is away: ${messageOf(error)}`, { cause: error }) }
        }
        const wait = this.#backOffMs[tries++]
        if (!again.has(meaning.kind) || wait === undefined) return { ok: false, error }
        this.#log.warn({ channel, error: messageOf(error), againInMs: wait }, 'discord.retry')
        await pause(this.#clock, wait, this.#closing.signal)
      }
    }
  }

  /** Reads something, when it is its turn among all that is read; waits for no other call of the channel. */
  read<Value>(channel: string, call: () => Promise<Value>, urgency: ReadUrgency = 'asked'): Promise<Done<Value>> {
    return this.attempt(channel, async () => {
      await this.#reads.turn(urgency)
      this.#closing.signal.throwIfAborted()
      return call()
    })
  }

  /** Whether what nobody would miss may go out now. */
  get hasSpare(): boolean {
    return this.#reads.isSpare
  }

  isResting(channel: string): boolean {
    return (this.#restUntil.get(channel) ?? 0) > this.#clock.monotonic()
  }

  /** Ends all waiting; what still waits gives trouble. */
  close(): void {
    this.#closing.abort()
  }
}
