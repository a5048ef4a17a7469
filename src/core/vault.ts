import type { Accounts } from './account.ts'
import type { BudgetBook } from './budget.ts'
import type { BranchConsents } from './branch-consent.ts'
import type { Wallboards } from './wallboard.ts'
import type { EpochMs } from './clock.ts'
import type { Identities } from './identity.ts'
import type { MessageId, PersonId, PlaceId, Seq, SessionId, SessionKey } from './ids.ts'
import type { Freezes } from './freeze.ts'
import type { Letters } from './letters.ts'
import type { Machines } from './machine.ts'
import type { Postings } from './message.ts'
import type { PastRefusals } from './past-refusal.ts'
import type { Grant, Scope } from './policy.ts'
import type { Approvals } from './approval-record.ts'
import type { Place } from './place.ts'
import type { Session, Worktree } from './session.ts'
import type { Ledger } from './spending.ts'
import type { Scratchpads } from './scratchpad.ts'
import type { Tasks } from './tasks.ts'
import type { Verbosities } from './verbosity.ts'

/** What is kept of each kind of thing; a new one is a line here, and one in stores/books.ts. */
export interface Books {
  readonly postings: Postings
  readonly grants: Grants
  readonly approvals: Approvals
  readonly boards: Wallboards
  readonly attachedPlaces: AttachedPlaces
  readonly letters: Letters
  readonly tasks: Tasks
  readonly scratchpads: Scratchpads
  readonly accounts: Accounts
  readonly ledger: Ledger
  readonly refusals: PastRefusals
  readonly budgets: BudgetBook
  readonly branchConsents: BranchConsents
  readonly freezes: Freezes
  readonly identities: Identities
  readonly verbosities: Verbosities
  readonly machines: Machines
}

/**
 * Everything kept that is not a run: sessions, how far each place was read, what was delivered, notices.
 *
 * Contract: as for the journal: durable when resolved, nothing written when rejected, safe to call again.
 */
export interface Vault extends Books {
  /**
   * Keeps a new session. Gives 'key-taken' or 'name-taken' when a live session has that key or name already (decided
   * by the schema, so two at once cannot both win).
   */
  addSession(session: Session): Promise<'added' | 'key-taken' | 'name-taken'>
  /** Marks a session ended; a second call changes nothing. */
  endSession(id: SessionId, at: EpochMs): Promise<void>
  /** A session by id, live or ended. */
  session(id: SessionId): Promise<Session | null>
  /** The live session of a place. */
  sessionAt(key: SessionKey): Promise<Session | null>
  /** Live sessions, oldest first. */
  liveSessions(): Promise<readonly Session[]>
  /** Sessions that have ended, the last one started first. */
  endedSessions(most: number): Promise<readonly Session[]>
  /**
   * Changes a live session, from its next run on. False, and nothing changed: a run of it is open, or it has ended
   * (decided in the same transaction, so that no run can begin in between).
   */
  changeSession(id: SessionId, change: SessionChange): Promise<boolean>
  /** Every worktree that a session was ever kept with, once each. */
  worktrees(): Promise<readonly Worktree[]>

  /** The latest message of a place that has been taken in; null: the place was never read. */
  seenIn(place: PlaceId): Promise<MessageId | null>
  /** Moves that mark forward (a snowflake that is not newer changes nothing). */
  saw(place: PlaceId, message: MessageId): Promise<void>

  /** Notes that the bot is connected and up to date at this moment: for "I was away for …". */
  alive(at: EpochMs): Promise<void>
  /** The latest such moment, also of an earlier life; null: never. */
  lastAlive(): Promise<EpochMs | null>

  /** How far into the journal something has come that reads it to its end; 0 before the first time. */
  reached(reader: string): Promise<Seq>
  /** Moves that forward. */
  reach(reader: string, seq: Seq): Promise<void>

  /** True for the first call with this key ever, false after: for words that are said once. */
  once(key: string, at: EpochMs): Promise<boolean>
  /** When that first call was; null: there was none. */
  saidAt(key: string): Promise<EpochMs | null>
}

/** What `/cd`, `/model` and `/account use` change. */
export type SessionChange = Partial<Pick<Session, 'workdir' | 'worktree' | 'model' | 'trusted' | 'account'>>

/** Places that are bound to the session of another (`/attach`). Part of the vault door. */
export interface AttachedPlaces {
  at(key: SessionKey): Promise<AttachedPlace | null>
  all(): Promise<readonly AttachedPlace[]>
  /** Binds a place, in the place of what it was bound to. */
  set(attached: AttachedPlace): Promise<void>
  /** Lets a place go; one that is not bound is fine. */
  remove(key: SessionKey): Promise<void>
}

/** A place that is bound to the session of another. */
export interface AttachedPlace {
  readonly key: SessionKey
  readonly place: Place
  readonly session: SessionId
  readonly by: PersonId
  /** The interaction that bound it: only later messages are prompts. */
  readonly since: MessageId
  readonly at: EpochMs
}

/** The tiers that owners gave. Part of the vault door. */
export interface Grants {
  /** Every grant of one person. */
  of(person: PersonId): Promise<readonly Grant[]>
  /** All of them, by person and scope. */
  all(): Promise<readonly Grant[]>
  /** Gives a tier in a scope, in the place of what was there. */
  set(grant: Grant): Promise<void>
  /** Takes a grant back; one that is not there is fine. */
  remove(person: PersonId, scope: Scope): Promise<void>
}
