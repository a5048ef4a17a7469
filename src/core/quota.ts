import type { EpochMs } from './clock.ts'
import type { ServiceTrouble } from './failure.ts'
import type { RuntimeName } from './ids.ts'

/** A quota of an account, as its CLI last told of it: `five_hour`, `seven_day`, `seven_day_opus`, `overage`, … */
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

/** Why a run may not begin, or go on, before a moment. */
export interface Hold {
  readonly until: EpochMs
  readonly runtime: RuntimeName
  /** The quota that is used up; null: nobody said which. */
  readonly window: string | null
  /** The only model that it is about; null: the whole account. */
  readonly model: string | null
  /** It is no quota but the model's service that is in trouble, and this run alone that waits for it. */
  readonly service?: ServiceTrouble
}
