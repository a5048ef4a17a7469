import type { AccountState } from './account.ts'
import type { ChatState } from './chat.ts'
import type { Level } from './confinement.ts'
import type { EpochMs } from './clock.ts'
import type { Found } from './finding.ts'

/** What /healthz, /health and doctor show of a running bot. Field names are the API of /healthz. */
export interface Health {
  /** True when it can serve people. */
  readonly ok: boolean
  /** What is not as it should be, in a line each: why it cannot serve, and what the parts have found. */
  readonly reasons: readonly string[]
  /** What the parts have found; all of it is for owners. */
  readonly findings: readonly Found[]
  readonly version: string
  readonly startedAt: EpochMs
  /** Live sessions. */
  readonly activeSessions: number
  /** Runs at work. */
  readonly activeRuns: number
  readonly queuedCount: number
  readonly oldestQueuedAgeMs: number
  readonly cliProcessCount: number
  /** Runs, approvals, boards and notes with a message that its place does not take now. */
  readonly closedMessages: number
  readonly rssBytes: number
  /** How often the bot was started on this data folder, this time not counted. */
  readonly restartCount: number
  readonly gateway: ChatState
  readonly store: { readonly ok: boolean; readonly schema: number }
  readonly disk: { readonly freeBytes: number | null }
  /** What is known of the agents' logins. */
  readonly accounts: readonly AccountState[]
  /** Whether agents live in boxes here. */
  readonly box: Level
}

/** Why the store takes nothing. */
export interface StoreTrouble {
  readonly since: EpochMs
  /** What is wrong and what a person can do, in English. */
  readonly message: string
}
