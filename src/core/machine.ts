import type { AccountSlot } from './account.ts'
import type { RuntimeName, WorkerId } from './ids.ts'

/** What a machine on which agents work says of itself when it starts. */
export interface MachineReport {
  readonly host: string
  readonly version: string
  /** The agents whose programs are there. */
  readonly runtimes: readonly RuntimeName[]
  readonly accounts: readonly AccountSlot[]
  /** So many runs at once are at work there (its OMC_MAX_ACTIVE_CLIS). */
  readonly capacity: number
  /** Its agents live in boxes. */
  readonly boxed: boolean
  /** The open half of its key: only it opens what is sealed for that. */
  readonly key: string
}

/** What the process of a machine takes, as it says once a minute. */
export interface MachineVitals {
  /** Of one core, in the minute or two before: 1 is all of it. */
  readonly cpuShare: number
  readonly rssBytes: number
  /** Agents' processes that are alive there. */
  readonly cliProcessCount: number
  /** Memory that agents could still have. */
  readonly freeMemoryBytes: number
}

/** A machine on which agents work beside the bot's own. */
export interface Machine extends MachineReport {
  readonly id: WorkerId
  /** Null: it has not said any, or is not there. */
  readonly vitals: MachineVitals | null
  /** Its process is there: the database holds a lock for it, which ends with it. */
  readonly isHere: boolean
  /** Nothing new begins on it. */
  readonly isDraining: boolean
}

/** The machines that have reported themselves. On SQLite there are none. */
export interface Machines {
  /** In the order of their names, without those that were given up. */
  all(): Promise<readonly Machine[]>
  /** Keeps what a machine says of itself now. */
  tell(id: WorkerId, vitals: MachineVitals): Promise<void>
  /** False: there is none of that name. */
  drain(id: WorkerId, isDraining: boolean): Promise<boolean>
  /**
   * Gives a machine up: from this transaction on nothing of it is written, whatever it does. False: there is none of that
   * name, or it was given up before.
   */
  drop(id: WorkerId): Promise<boolean>
}

/** Whether a text may be the open half of a machine's key. */
export function isMachineKey(text: string): boolean {
  return /^[\w-]{43}$/.test(text)
}

/** Whether it may be the name of a machine. */
export function isWorkerId(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,31}$/i.test(name)
}
