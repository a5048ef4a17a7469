import type { Hold } from './quota.ts'
import type { Board, Candidate, Crowd } from './admission.ts'
import type { EpochMs } from './clock.ts'
import type { Entry, RunEvent } from './event.ts'
import type { Refusal } from './failure.ts'
import type { PromptKey, RunId, Seq, SessionId, WorkerId } from './ids.ts'
import type { State } from './lifecycle.ts'
import type { Prompt } from './prompt.ts'
import type { Cursor } from './runtime.ts'
import type { Effect } from './effect.ts'

/**
 * The record of every run. What is appended is durable when the promise resolves, in one order for all runs, and its
 * projections (which run is in which state, a session's conversation) changed in the same transaction.
 *
 * Contract: every method is safe to call again after a crash at any point. A rejected promise means that nothing was
 * written (a full disk, a broken file); the caller may try again. Whoever opened the store closes it.
 */
export interface Journal {
  /**
   * Takes a prompt in: appends `asked` (and `refused`, when `refuse` says so), all in one transaction. A prompt key
   * that is known already appends nothing and gives the earlier run (`fresh: false`).
   */
  ask(
    run: RunId,
    prompt: Prompt,
    at: EpochMs,
    refuse: (at: AskedAt) => Refusal | null | Promise<Refusal | null>,
  ): Promise<{ readonly run: RunId; readonly fresh: boolean; readonly entries: readonly Entry[] }>

  /**
   * Appends events to one run and, with it, how far its CLI's output has been taken in. Several may write to a run:
   * what the lifecycle does not allow any more, looked at in the same transaction, is left out; what is given back is
   * what was written. With `expect`, nothing is written and [] given when the run is no longer in that state.
   * `effects` are kept with the events, or nothing is written and [] given: when one of these would be left out, or a
   * letter is in another state by now.
   */
  append(
    run: RunId,
    events: readonly RunEvent[],
    at: EpochMs,
    options?: { readonly cursor?: Cursor; readonly expect?: State; readonly effects?: readonly Effect[] },
  ): Promise<readonly Entry[]>

  /**
   * Reads the board, lets `admit` choose, and appends `admitted` to each chosen run, in one transaction. Of what waits
   * for a session the board has only the first here: nothing behind it can start.
   * That a session has one live run at most is also a unique index of the schema, not only care in the code.
   * `most`: with so many at work already nobody is chosen, and the board is not even read.
   */
  claim(admit: (board: Board) => readonly RunId[], at: EpochMs, most?: number): Promise<readonly Claimed[]>

  /** The board as admission sees it at that moment. */
  board(at: EpochMs): Promise<Board>

  /** How many wait and are at work, in all and of this person in this channel. */
  crowd(of: Pick<Candidate, 'person' | 'channel'>): Promise<Crowd>

  /** Entries of a run in order, only those after `after` when given. */
  read(run: RunId, after?: Seq): Promise<readonly Entry[]>

  /**
   * Entries of all runs behind a position, in order, at most `limit`: to read on from the last one given before.
   * Nothing ever comes in before an entry that was given. With `worker`, of the runs of that machine's sessions alone.
   */
  after(position: Seq, limit: number, worker?: WorkerId): Promise<readonly Entry[]>

  /** Where the journal ends now: 0 when it is empty. Nothing ever comes in before it. */
  position(): Promise<Seq>

  /** Runs that are not over, oldest first. */
  open(): Promise<readonly OpenRun[]>

  /** The open runs of one session, oldest first. */
  openOf(session: SessionId): Promise<readonly OpenRun[]>

  /** The run a prompt became, or null. */
  find(key: PromptKey): Promise<OpenRun | null>

  /** A run by its id, also one that is over; null: there is none. */
  run(run: RunId): Promise<OpenRun | null>

  /** Runs with a word of somebody, said since then, that no CLI has heard and that has become no prompt. */
  unheard(since: EpochMs): Promise<readonly RunId[]>

  /**
   * Runs that are over and that this reader is not done with, in the order in which they ended; at most `limit`. Each is
   * on the list of every reader from the transaction on that ended it.
   */
  ended(reader: EndReader, limit: number): Promise<readonly RunId[]>

  /** The reader is done with these. */
  doneWith(reader: EndReader, runs: readonly RunId[]): Promise<void>

  /** The latest runs of a session that are over, newest first. */
  lastOf(session: SessionId, limit: number): Promise<readonly RunId[]>

  /** The latest runs of all sessions that were begun and are over, newest first. */
  latest(limit: number): Promise<readonly OpenRun[]>

  /** How long recent runs took from `started` to their end, newest first: for the expected wait. */
  recentDurations(limit: number): Promise<readonly number[]>
}

/** Who deals with every run once more when it is over: the transcript, and what its turn has committed. */
export const endReaders = ['transcripts', 'branches'] as const
/** One of those who deal with a run once more when it is over. */
export type EndReader = (typeof endReaders)[number]

/** What a prompt is judged by when it is asked. Without it: it is in none of the numbers. */
export interface AskedAt {
  /** Its session has ended. */
  readonly isOver: boolean
  readonly crowd: Crowd
  /** What holds its session back. */
  readonly hold: Hold | null
  /** Reads the whole board, with the asker in `served`: dear where many wait. */
  readonly board: () => Promise<Board>
}

/**
 * Says that there may be something new in the journal: "look". A call may come for nothing, and one may be lost without
 * harm, because whoever listens looks now and then without being told.
 */
export interface Wake {
  subscribe(look: () => void): Disposable
}

/** A run that was just admitted, with what its conductor needs. */
export interface Claimed {
  readonly run: RunId
  readonly session: SessionId
  readonly prompt: Prompt
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly entry: Entry
}

/** A run as the journal has it now, with its prompt. */
export interface OpenRun {
  readonly run: RunId
  readonly session: SessionId
  /** The machine that its session works on; null: the bot's own. */
  readonly worker: WorkerId | null
  readonly state: State
  readonly attempt: number
  /** See `Turn`. */
  readonly parks: number
  readonly goesOn: boolean
  /** Somebody has put it first in the queue. */
  readonly isPromoted: boolean
  /** What it is parked for, or is to be; null: nothing. */
  readonly hold: Hold | null
  readonly prompt: Prompt
  /** How far the CLI's output has been taken in; null: nothing yet in this attempt. */
  readonly cursor: Cursor | null
}
