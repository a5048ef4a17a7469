import type { EpochMs } from './clock.ts'
import type { OpenRun } from './journal.ts'
import type { Memo } from './interaction.ts'
import type { Person } from './person.ts'

/** Everything stands still (SPEC F19): since when, and who made it so. */
export interface Freeze {
  /** For people: the name they had then. */
  readonly by: string
  readonly at: EpochMs
}

/** Where that is kept. Part of the vault door. */
export interface Freezes {
  /** Null: everything goes on. */
  now(): Promise<Freeze | null>
  /** Keeps it, where nothing is kept yet; gives the one that stands. */
  set(freeze: Freeze): Promise<Freeze>
  /** Takes it back. False: there was none. */
  lift(): Promise<boolean>
}

/** What stood and what ran when everything was brought to a stop. */
export interface Frozen {
  readonly freeze: Freeze
  readonly ran: readonly OpenRun[]
}

/**
 * Brings everything to a stop, and lets it go on. Contract: from the moment `freeze` has written, nothing is admitted,
 * also by a later life; what ran is stopped and its processes end, also when we die in between. What waits keeps its
 * place, and what is asked meanwhile waits as well.
 */
export interface Panic {
  now(): Promise<Freeze | null>
  /** Once more changes nothing; `memo` keeps what ran over a second try. */
  freeze(by: Person, memo: Memo): Promise<Frozen>
  /** False: nothing stood still. */
  lift(): Promise<boolean>
}
