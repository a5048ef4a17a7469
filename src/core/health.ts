import type { AccountState } from './account.ts'
import type { ChatState } from './chat-state.ts'
import type { Level } from './confinement.ts'
import type { EpochMs } from './clock.ts'
import type { Found } from './finding.ts'
import type { TokenStatus } from './login-watch.ts'
import type { MachineVitals } from './machine.ts'

/** How any process of ours is, whatever its role. Field names are the API of /healthz. */
export interface ProcessHealth {
  /** True when it can do its part. */
  readonly ok: boolean
  /** What is not as it should be, in a line each: why it cannot serve, and what the parts have found. */
  readonly reasons: readonly string[]
  readonly version: string
  readonly startedAt: EpochMs
  /** Runs at work: of all machines; on a machine beside the bot's, its own. */
  readonly activeRuns: number
  readonly cliProcessCount: number
  readonly rssBytes: number
  /** How much of one core the process took in the minute or two before: 1 is all of it. */
  readonly cpuShare: number
  readonly store: { readonly ok: boolean; readonly schema: number }
  readonly disk: { readonly freeBytes: number | null }
  /** Whether agents live in boxes here. */
  readonly box: Level
}

/** What /healthz shows on a machine beside the bot's. */
export interface WorkerHealth extends ProcessHealth {
  /** OMC_WORKER_ID */
  readonly worker: string
}

/** What /healthz, /health and doctor show of a running bot. */
export interface Health extends ProcessHealth {
  /** What the parts have found; all of it is for owners. */
  readonly findings: readonly Found[]
  /** Live sessions. */
  readonly activeSessions: number
  readonly queuedCount: number
  readonly oldestQueuedAgeMs: number
  /** Runs, approvals, boards and notes with a message that its place does not take now. */
  readonly closedMessages: number
  /** How often the bot was started on this data folder, this time not counted. */
  readonly restartCount: number
  readonly gateway: ChatState
  /** What is known of the agents' logins. */
  readonly accounts: readonly AccountState[]
  /** Whether sessions can work with each of them now. */
  readonly accountSlotsHealth: readonly SlotHealth[]
  readonly tokenStatus: TokenStatus
  /** Those on which agents work beside this one. */
  readonly machines: readonly MachineHealth[]
}

/** A machine, as /healthz has it. */
export interface MachineHealth {
  readonly id: string
  readonly state: 'here' | 'draining' | 'away'
  readonly activeRuns: number
  readonly capacity: number
  readonly boxed: boolean
  /** What its process takes; null: it is not there, or has not said yet. */
  readonly vitals: MachineVitals | null
}

/** One login of an agent, as /healthz has it. */
export interface SlotHealth {
  readonly slot: string
  readonly runtime: string
  /** `login`: it has none, or it is not taken; `resting`: until then, null: until an owner ends that; `ended`: until a person acts. */
  readonly state: 'ok' | 'resting' | 'ended' | 'login'
  readonly until: EpochMs | null
}

/** Why the store takes nothing. */
export interface StoreTrouble {
  readonly since: EpochMs
  /** What is wrong and what a person can do, in English. */
  readonly message: string
}
