import { holdOf, type AccountState, type WindowPart } from '../core/account.ts'
import { never, periodOf } from '../core/budget.ts'
import type { Absence } from '../core/chat-state.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { PersonId } from '../core/ids.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
import type { Place } from '../core/place.ts'
import type { Log } from '../core/log.ts'
import type { Vault } from '../core/vault.ts'
import type { EventBus } from './bus.ts'

/** A store that cannot be read or written now is tried again after this long. */
const retryMs = 10_000

export interface ExpiryTools {
  readonly journal: Journal
  readonly vault: Vault
  readonly bus: EventBus
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** OMC_QUEUE_STALE_MS */
  readonly queueStaleMs: number
  /** See `Chat.away`. */
  away(place: Place, since: EpochMs): Absence
}

/**
 * Takes out of the queue what has waited too long, and says so. The time counts across restarts; while its account rests,
 * or a budget or what is kept for others holds it back, it does not; nor while Discord is away, and nobody can begin.
 */
export class Expiry {
  readonly #tools: ExpiryTools
  readonly #listening: Disposable
  #timer: Disposable | null = null

  constructor(tools: ExpiryTools) {
    this.#tools = tools
    this.#listening = tools.bus.subscribe(({ event: { type } }) => {
      const waits = type === 'asked' || type === 'lost' || type === 'forgotten'
      if (waits && this.#timer === null) this.#wait(tools.queueStaleMs)
    })
  }

  /** Looks through the queue once, and again when the next one is due. Call before anything is admitted. */
  async sweep(): Promise<void> {
    this.#wait(null)
    const { log, signal } = this.#tools
    let dueIn: number | null
    try {
      dueIn = await this.#expire()
    } catch (error) {
      log.error({ error: messageOf(error) }, 'expiry.failed')
      dueIn = retryMs
    }
    if (dueIn === null || signal.aborted) return
    // What was asked meanwhile is due later than what was there already.
    this.#wait(dueIn)
  }

  close(): void {
    this.#listening[Symbol.dispose]()
    this.#wait(null)
  }

  /** Gives after how long the next one is due; null: nothing waits. */
  async #expire(): Promise<number | null> {
    const { journal, vault, clock, log, queueStaleMs } = this.#tools
    const resting = (await vault.accounts.all()).filter(mayRest)
    const parts = this.#partsAt(clock.now())
    const held = await this.#heldByBudgets()
    let dueIn: number | null = null
    for (const open of await journal.open()) {
      if (open.state !== 'waiting') continue
      const now = clock.now()
      const rest = later(held(open), resting.length === 0 ? null : await this.#restOf(open, resting, parts, now))
      if (rest !== null && rest > now) {
        dueIn = Math.min(dueIn ?? queueStaleMs, rest - now)
        continue
      }
      const since = Math.max(rest ?? 0, await this.#waitsSince(open))
      const away = this.#tools.away(open.prompt.place, since)
      const waitedMs = now - since - away.ms
      if (waitedMs < queueStaleMs) {
        const leftMs = Math.max(queueStaleMs - waitedMs, away.now ? retryMs : 0)
        dueIn = Math.min(dueIn ?? queueStaleMs, leftMs)
        continue
      }
      const refused = { type: 'refused', refusal: { code: 'expired', waitedMs } } as const
      const entries = await journal.append(open.run, [refused], now, { expect: 'waiting' })
      if (entries.length > 0) log.info({ run: open.run, waitedMs }, 'queue.expired')
    }
    return dueIn
  }

  /** Until when budgets hold runs back that wait, or did last: those of days and months begin anew by themselves. */
  async #heldByBudgets(): Promise<(open: OpenRun) => EpochMs | null> {
    const { vault, journal, clock } = this.#tools
    const spans = (await vault.budgets.all()).map(({ span }) => span)
    if (!spans.includes('day') && !spans.includes('month')) return () => null
    const now = clock.now()
    const holds = new Map((await journal.board(now)).waiting.map(({ run, hold }) => [run, hold]))
    const began = Date.parse(`${periodOf('day', now)}T00:00:00Z`)
    return ({ run }) => {
      const hold = holds.get(run)
      return hold?.budget === undefined ? began : hold.until === never ? null : hold.until
    }
  }

  /** Looks up once for each person where they stand in the accounts' windows. */
  #partsAt(now: EpochMs): (person: PersonId) => Promise<readonly WindowPart[]> {
    const known = new Map<PersonId, Promise<readonly WindowPart[]>>()
    return (person) => {
      const parts = known.get(person) ?? this.#tools.vault.accounts.parts(person, now)
      known.set(person, parts)
      return parts
    }
  }

  /** Until when a run's account serves it nothing, or did last; null: never that anybody knows. */
  async #restOf(
    { session: id, prompt }: OpenRun,
    resting: readonly AccountState[],
    partsOf: (person: PersonId) => Promise<readonly WindowPart[]>,
    now: EpochMs,
  ): Promise<EpochMs | null> {
    const session = await this.#tools.vault.session(id)
    const state = resting.find(({ runtime, account }) => runtime === session?.runtime && account === session.account)
    if (state === undefined) return null
    const hold = holdOf(state, session?.model ?? null, now)
    if (hold !== null) return hold.until
    const rests = state.rests.map(({ until }) => until).filter((until) => until <= now)
    const begins = state.windows.map(({ resetsAt }) => resetsAt).filter((at) => at !== null && at <= now)
    const kept = (await partsOf(prompt.speaker.id)).filter(
      ({ account }) => account.runtime === state.runtime && account.account === state.account,
    )
    return [...rests, ...begins, ...kept.map(({ until }) => until)].reduce(later, null)
  }

  /** A run that was lost waits since then: until it was lost, it worked. */
  async #waitsSince({ run, attempt, prompt }: OpenRun): Promise<EpochMs> {
    if (attempt === 0) return prompt.askedAt
    const entries = await this.#tools.journal.read(run)
    return entries.findLast(({ event: { type } }) => type === 'lost' || type === 'forgotten')?.at ?? prompt.askedAt
  }

  /** Looks again after that time, and not before; null: not at all. */
  #wait(ms: number | null): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = ms === null ? null : this.#tools.clock.after(ms, () => void this.sweep())
  }
}

function later(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

function mayRest({ rests, windows }: AccountState): boolean {
  return rests.length > 0 || windows.some(({ used }) => used !== null)
}
