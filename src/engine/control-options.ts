import type { Caps } from '../core/admission.ts'
import type { Attachments } from '../core/attachment.ts'
import type { LetterRules } from '../core/chain.ts'
import type { Chat } from '../core/chat.ts'
import type { Checkpoint } from '../core/checkpoint.ts'
import type { Clock } from '../core/clock.ts'
import type { Desk } from '../core/desk.ts'
import type { Doors } from '../core/doors.ts'
import type { Errands } from '../core/errand.ts'
import type { Feature, Features } from '../core/feature.ts'
import type { NamedCheck } from '../core/finding.ts'
import type { StoreTrouble } from '../core/health.ts'
import type { Ids, PlaceId } from '../core/ids.ts'
import type { Arrivals } from '../core/inbox.ts'
import type { Journal } from '../core/journal.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Log } from '../core/log.ts'
import type { Outbox, OutboxNeeds } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Owners } from '../core/policy.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Timings } from '../core/timings.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import type { EventBus } from './bus.ts'
import type { GitTokens } from './git-tokens.ts'
import type { Vitals } from './health.ts'
import type { LendsTo } from './linked.ts'
import type { Premises } from './premises.ts'

/** What the side that people deal with is put together from. */
export interface ControlOptions extends Premises {
  readonly journal: Journal
  readonly bus: EventBus
  /** Fires when everything lets go. */
  readonly signal: AbortSignal
  readonly vault: Vault
  readonly arrivals: Arrivals
  /** Why the store takes nothing; null: it does. */
  storeTrouble(): StoreTrouble | null
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly runtimes: readonly Runtime[]
  readonly errands: Errands
  /** False: no agents work on the bot's own machine. */
  readonly agentsHere: boolean
  readonly features: (doors: Omit<Doors, 'home' | 'page' | 'prices' | 'scan' | 'accounts'>) => readonly Feature[]
  /** Made with the desk and what people can do there. */
  readonly chat: (desk: Desk, features: Features) => Chat
  /** Made with the chat it speaks through. */
  readonly outbox: (needs: OutboxNeeds) => Outbox
  readonly catalogue: Catalogue
  readonly owners: Owners
  /** OMC_CHANNEL_OWNER_ONLY */
  readonly channelOwnerOnly: boolean
  readonly channel: ChannelRules
  readonly caps: Caps
  readonly approvals: {
    readonly timeoutMs: number
    readonly auditChannel: string | null
  }
  /** OMC_ALERTS_CHANNEL_ID */
  readonly alertsChannel: PlaceId | null
  readonly letterRules: LetterRules
  readonly lendsTo: LendsTo
  readonly gitTokens: Pick<GitTokens, 'tokenFor'>
  /** OMC_QUEUE_STALE_MS */
  readonly queueStaleMs: number
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly checkpoint: Checkpoint
  readonly vitals: Vitals
  /** How the parts that are put together outside look at themselves. */
  readonly checks: readonly NamedCheck[]
  readonly timings: Timings
  /** For people whose language is not known. */
  readonly locale: Locale
}
