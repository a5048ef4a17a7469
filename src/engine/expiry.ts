import { holdOf, type AccountState } from '../core/account.ts'
import type { Clock, EpochMs } from '../core/clock.ts'
import { messageOf } from '../core/failure.ts'
import type { Journal, OpenRun } from '../core/journal.ts'
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
}

/**
 * Takes out of the queue what has waited too long, and says so. The time counts across restarts; while its account rests,
 * it does not.
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
    const resting = (await vault.accounts.all()).filter(({ rests }) => rests.length > 0)
    let dueIn: number | null = null
    for (const open of await journal.open()) {
      if (open.state !== 'waiting') continue
      const now = clock.now()
      const rest = resting.length === 0 ? null : await this.#restOf(open, resting, now)
      if (rest !== null && rest > now) {
        dueIn = Math.min(dueIn ?? queueStaleMs, rest - now)
        continue
      }
      const waitedMs = now - Math.max(rest ?? 0, await this.#waitsSince(open))
      if (waitedMs < queueStaleMs) {
        dueIn = Math.min(dueIn ?? queueStaleMs, queueStaleMs - waitedMs)
        continue
      }
      const refused = { type: 'refused', refusal: { code: 'expired', waitedMs } } as const
      const entries = await journal.append(open.run, [refused], now, { expect: 'waiting' })
      if (entries.length > 0) log.info({ run: open.run, waitedMs }, 'queue.expired')
    }
    return dueIn
  }

  /** Until when a run's account rests, or did last; null: never that anybody knows. */
  async #restOf({ session: id }: OpenRun, resting: readonly AccountState[], now: EpochMs): Promise<EpochMs | null> {
    const session = await this.#tools.vault.session(id)
    const state = resting.find(({ runtime, account }) => runtime === session?.runtime && account === session.account)
    if (state === undefined) return null
    const hold = holdOf(state, session?.model ?? null, now)
    return hold?.until ?? Math.max(...state.rests.map(({ until }) => until))
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
