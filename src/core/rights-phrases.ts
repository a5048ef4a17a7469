import type { Standing, TierChange } from './desk.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Grant, Verdict } from './policy.ts'
import type { ActionName } from './right.ts'

/** What is said about tiers and grants. Part of the phrases. */
export interface RightsPhrases {
  /** After `/permission set`, for all to see. */
  changed(change: TierChange): string
  /** What somebody is here, why, and their other grants. */
  standing(standing: Standing): string
  /** One message, however many there are. */
  grants(grants: readonly Grant[]): string
  /** Whether somebody may, and why. */
  why(about: Person, action: ActionName, where: Place, verdict: Verdict): string
}
