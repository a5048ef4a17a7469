import type { Place } from './place.ts'
import type { Owners } from './policy.ts'

/** What the bot is to reach, by its configuration and its sessions. */
export interface Reach {
  readonly owners: Owners
  /** OMC_AUDIT_CHANNEL_ID */
  readonly auditChannel: string | null
  /** OMC_ALERTS_CHANNEL_ID */
  readonly alertsChannel: string | null
  /** Where it works. */
  readonly places: readonly Place[]
}
