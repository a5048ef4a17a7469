import type { Ask, Reaction } from './ask.ts'
import type { Attachment } from './attachment.ts'
import type { EpochMs } from './clock.ts'
import type { Refusal } from './failure.ts'
import type { MessageId, PromptKey, RunId } from './ids.ts'
import type { State } from './lifecycle.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Remark } from './prompt.ts'
import type { Verdict } from './policy.ts'
import type { ActionName } from './right.ts'
import type { Session, Worktree } from './session.ts'
import type { Diff, Remains } from './work.ts'

/**
 * The inward door: whatever a person (or, later, an agent or a schedule) wants, comes here. Discord's messages,
 * commands and buttons, the page and the tools all use it, and it asks the gate before it does anything.
 *
 * Contract: what it accepted is durable when the promise resolves. A refusal is a value, never a throw; a throw means
 * that the store failed and nothing happened.
 */
export interface Desk {
  /** The gate alone, for those who must know before they ask (autocomplete, a message that may not be a prompt). */
  judge(person: Person, action: ActionName, place: Place): Promise<Verdict>

  /** One request to the session of a place. The same key again gives the run it became, and starts nothing. */
  ask(request: Request): Promise<Asked>

  /** Stops what runs in the place, or takes a waiting prompt of it out of the queue. */
  stop(by: Person, place: Place): Promise<Result<Stopped>>
  /** The same for one run, by its button. */
  stopRun(by: Person, place: Place, run: RunId): Promise<Result<Stopped>>

  /** An open approval by its token, for somebody who may answer it. */
  approval(by: Person, token: string): Promise<Result<Ask>>
  /** Answers it, or keeps a choice of several; the approval as it is then. Two at once: the first one wins. */
  answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>>

  startSession(by: Person, place: Place, wish: SessionWish): Promise<Result<Started>>
  /**
   * Ends the session of a place: what runs is stopped, what waits is taken back, its process ends. A worktree that holds
   * work stays. A place that is attached to another's session is only detached from it.
   */
  stopSession(by: Person, place: Place): Promise<Result<Ended>>
  /** `/cd` and `/model`: from the next turn on; refused while a run is open. */
  changeSession(by: Person, place: Place, change: SessionTurn): Promise<Result<Changed>>
  /** Binds a place to a live session of another: `to` is its name, or its place (an id or a mention). */
  attach(by: Person, place: Place, key: PromptKey, to: string): Promise<Result<Session>>
  /** Asks the session to go on where it was stopped, failed or lost. The same key again starts nothing. */
  resume(by: Person, place: Place, key: PromptKey): Promise<Result<Session>>
  /** What the session of a place has changed. */
  diff(by: Person, place: Place): Promise<Result<SessionDiff>>
  /** What was said in a place, as JSON lines: the latest that fit a file. */
  transcript(by: Person, place: Place): Promise<Result<Transcript>>
  /** Models that fit what was typed, for the runtime of a place's session, or for the one named; [] for whom the gate refuses. */
  suggestModels(by: Person, place: Place, typed: string, runtime: string | null): Promise<readonly string[]>
  /** Names of live sessions that fit what was typed; [] for whom the gate refuses. */
  suggestSessions(by: Person, place: Place, typed: string): Promise<readonly string[]>
  sessions(by: Person, place: Place): Promise<Result<readonly SessionOverview[]>>
  /** Folders under the roots that fit what was typed so far, for autocomplete; [] for whom the gate refuses. */
  suggestFolders(by: Person, place: Place, typed: string): Promise<readonly string[]>
  /** The runtimes a session can be started with. */
  runtimes(): readonly { readonly name: string; readonly title: string }[]

  /**
   * A word to the turn that is at work in the place. What the CLI cannot take now, and what comes when nothing is at
   * work, becomes a prompt. The same key again changes nothing.
   */
  steer(by: Person, place: Place, word: { readonly key: PromptKey; readonly text: string }): Promise<Result<Steered>>
}

export interface Steered {
  /** `kept`: the CLI has not said yet that it heard it. `asked`: it waits for its turn as a prompt. */
  readonly how: 'steered' | 'kept' | 'asked'
  readonly text: string
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal }

export interface Request {
  readonly key: PromptKey
  readonly place: Place
  readonly speaker: Person
  readonly text: string
  readonly message: MessageId | null
  /** What was said before, oldest first, that the agent may know; left out: nothing. */
  readonly context?: readonly Remark[]
  /** What came along, kept already; left out: nothing. */
  readonly attachments?: readonly Attachment[]
}

/**
 * `accepted`: it will end in an answer or a visible word. `known`: this key was asked before. `refused`: no run came
 * of it and the person must be told; a refusal by a cap is a run of its own and tells itself.
 */
export type Asked =
  | { readonly kind: 'accepted' | 'known'; readonly run: RunId }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export interface Stopped {
  readonly run: RunId
  /** True when it had not begun: it was taken out of the queue. */
  readonly waiting: boolean
  /** Since it began, in milliseconds; 0 when it had not. */
  readonly afterMs: number
}

export interface SessionWish {
  /** The interaction that asks for it. */
  readonly key: PromptKey
  readonly name: string
  readonly runtime: string
  /** As typed; null: the first root. */
  readonly workdir: string | null
  readonly model: string | null
  /** False: in a git repository it works in the folder itself. */
  readonly worktree: boolean
  /** What the repository brings may run. */
  readonly trust: boolean
}

export interface Started {
  readonly session: Session
  /** Its worktree holds what an earlier session of this name had left. */
  readonly takenUp: boolean
}

export interface Ended {
  readonly session: Session
  /** What became of its worktree; null: it had none, or was not ended. */
  readonly remains: Remains | null
  /** The place was attached to it, and no more than that has ended. */
  readonly detached: boolean
}

/** What of a session is changed: the folder as typed, or the model (null: the runtime's own default). */
export type SessionTurn =
  | { readonly what: 'folder'; readonly typed: string }
  | { readonly what: 'model'; readonly model: string | null }

export interface Changed {
  readonly session: Session
  /** The worktree it went out of, and what became of that; null: it is still in the same, or had none. */
  readonly left: { readonly worktree: Worktree; readonly remains: Remains } | null
  /** The repository it was in was trusted, and where it is now nobody has said so. */
  readonly trustEnded: boolean
}

export interface SessionDiff {
  readonly session: Session
  readonly diff: Diff
}

export interface Transcript {
  readonly name: string
  readonly text: string
  /** There was more than fits. */
  readonly cut: boolean
}

export interface SessionOverview {
  readonly session: Session
  /** State of its oldest open run; null: idle. */
  readonly state: State | null
  readonly waiting: number
  readonly since: EpochMs
}
