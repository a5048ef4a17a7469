import { endOf, holdIn, usedUp, type BudgetHold, type BudgetStanding } from './budget.ts'
import type { EpochMs } from './clock.ts'
import type { ServiceTrouble } from './failure.ts'
import type { RuntimeName, WorkerId } from './ids.ts'

/**
 * A quota of an account, as its CLI last told of it: `five_hour`, `seven_day`, `seven_day_opus`, `overage`, …; one that the
 * service counts beside these for some models alone has its name before it: `codex_other:five_hour`.
 */
export interface QuotaWindow {
  readonly name: string
  /** How much of it is used, 0 to 1; null: nobody said. */
  readonly used: number | null
  /** When it begins anew; null: nobody said. */
  readonly resetsAt: EpochMs | null
}

/** What a CLI says of its account while a run is at work. Pure fact: whether a run may go on is said by its outcome. */
export interface QuotaReading {
  /** Those that were told now; the others are as they were. */
  readonly windows: readonly QuotaWindow[]
  /**
   * What became of the request it was told with: `paid` was served beyond the quota; null: nobody says. One that was
   * refused may be a sub-agent's, and the run goes on without it.
   */
  readonly request: 'served' | 'paid' | 'refused' | null
  /** The window that this is about; null: none in particular. */
  readonly window: string | null
}

/** Why nothing begins on a session's machine; `id` null: the bot's own, which has no agents. */
export interface MachineHold {
  readonly id: WorkerId | null
  readonly why: 'gone' | 'draining'
}

/** Why a run may not begin, or go on, before a moment. */
export interface Hold {
  readonly until: EpochMs
  readonly runtime: RuntimeName
  /** The quota that is used up; null: nobody said which. */
  readonly window: string | null
  /** The only model that it is about; null: the whole account. */
  readonly model: string | null
  /** Nobody said until when: it is tried then. Left out: somebody did. */
  readonly guessed?: true
  /** It is no quota but the model's service that is in trouble, or the login, and this run alone that waits for it. */
  readonly service?: ServiceTrouble | 'login'
  /** It is no quota but a budget that is used up. */
  readonly budget?: BudgetHold
  /** The quota is not used up, but what is left of it, 0 to 1, is kept for others (core/reserve.ts). */
  readonly reserve?: { readonly left: number }
  /** It is no quota but the session's machine, where nothing begins now. */
  readonly machine?: MachineHold
}

/** A service in trouble, or a login that was not taken, is tried again within this, however long its trouble lasts. */
const mostServiceMs = 3_600_000

/** Whether a run still waits for the model's service. Longer than it is ever waited for: the clock was set back since. */
export function waitsForService({ service, until }: Hold, now: EpochMs): boolean {
  return service !== undefined && until > now && until <= now + mostServiceMs
}

/** What the budgets of a run hold it back with; null: nothing. */
export function budgetHold(standings: readonly BudgetStanding[], runtime: RuntimeName, at: EpochMs): Hold | null {
  const full = usedUp(standings, at)
  if (full === null) return null
  return { until: endOf(full.budget.span, at), runtime, window: null, model: null, budget: holdIn(full) }
}

const hour = 3_600_000

/** How long a window lasts, in milliseconds: it begins with the first request behind the last reset. Null: nobody knows. */
export function lengthOf(window: string): number | null {
  if (window === 'five_hour') return 5 * hour
  if (window.startsWith('seven_day')) return 7 * 24 * hour
  const minutes = /^(\d+)_minutes$/.exec(window)?.[1]
  return minutes === undefined ? null : Number(minutes) * 60_000
}
