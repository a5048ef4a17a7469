import type { Ask, PlainReaction, Reaction } from './ask.ts'
import type { Attachment } from './attachment.ts'
import type { DrawnButton } from './chat.ts'
import type { Refusal } from './failure.ts'
import type { MessageId, PromptKey, RunId, SessionId } from './ids.ts'
import type { Memo } from './interaction.ts'
import type { PromptLetter } from './letter.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Remark } from './prompt.ts'
import type { Quotation } from './quotation.ts'
import type { Verdict } from './policy.ts'
import type { ActionName } from './right.ts'

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

  /**
   * Keeps that somebody is told no, by the key of their message or interaction, so that they can ask why. Gives the button
   * that is to stand under the words: none where no more can be said, or where it could not be kept. Never rejects.
   */
  refused(by: Person, place: Place, key: string, refusal: Refusal): Promise<readonly DrawnButton[]>

  /** One request to the session of a place. The same key again gives the run it became, and starts nothing. */
  ask(request: Request): Promise<Asked>

  /**
   * Stops what runs in the place, or takes a waiting prompt of it out of the queue. With a memo, a second try stops what
   * the first one was about to stop, and nothing else.
   */
  stop(by: Person, place: Place, memo?: Memo): Promise<Result<Stopped>>
  /** The same for one run, by its button. */
  stopRun(by: Person, place: Place, run: RunId, memo?: Memo): Promise<Result<Stopped>>

  /**
   * Puts a waiting prompt before all that nobody has put first. Its session's earlier prompts come along, as a session goes on in
   * order; caps, quotas and budgets hold for it as for others. Once more changes nothing.
   */
  promote(by: Person, place: Place, run: RunId): Promise<Result<Promoted>>

  /** An open approval by its token, for somebody who may answer it. */
  approval(by: Person, token: string): Promise<Result<Ask>>
  /** Answers it, or keeps a choice of several; the approval as it is then. Two at once: the first one wins. */
  answer(by: Person, token: string, reaction: Reaction): Promise<Result<Ask>>
  /** Those of a list, for somebody who may answer one of them at least. */
  approvals(by: Person, list: string): Promise<Result<readonly Ask[]>>
  /**
   * Answers all of a list that are open, up to a place in it (`last`): those that the person was shown. All of them or,
   * when one is not theirs to answer, none. The list as it is then.
   */
  answerAll(by: Person, list: string, last: number, reaction: PlainReaction): Promise<Result<readonly Ask[]>>

  /**
   * A word to the turn that is at work in the place. What the CLI cannot take now, and what comes when nothing is at
   * work, becomes a prompt. The same key again changes nothing.
   */
  steer(by: Person, place: Place, word: SteerWish): Promise<Result<Steered>>
}

/** A word that somebody wants to put into the turn at work. */
export interface SteerWish {
  readonly key: PromptKey
  readonly text: string
  /** Only the turn of this run is meant: the one whose button was pressed. Left out: whichever is at work. */
  readonly run?: RunId
  /** With it, a second try finds the turn that has heard the word, also when that is over. */
  readonly memo?: Memo
}

/** What became of a word for a turn at work. */
export interface Steered {
  /** `kept`: the CLI has not said yet that it heard it. `asked`: it waits for its turn as a prompt. */
  readonly how: 'steered' | 'kept' | 'asked'
  readonly text: string
}

/** What was wanted, or why not. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal }

/** What somebody wants to ask the session of a place. */
export interface Request {
  readonly key: PromptKey
  readonly place: Place
  readonly speaker: Person
  readonly text: string
  readonly message: MessageId | null
  /** What was said before, oldest first, that the agent may know; left out: nothing. */
  readonly context?: readonly Remark[]
  /** What the message answers, forwards, hangs on or shows; left out: nothing. */
  readonly quotes?: readonly Quotation[]
  /** Another agent wrote it: it is not refused by a cap, but tried again later. */
  readonly letter?: PromptLetter
  /** For this session alone, not for another that its place talks to by now; left out: whichever it is. */
  readonly session?: SessionId
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

/** What was put first in the queue. */
export interface Promoted {
  readonly run: RunId
  /** How many of its session had to come along. */
  readonly before: number
}

/** What was stopped. */
export interface Stopped {
  readonly run: RunId
  /** True when it had not begun: it was taken out of the queue. */
  readonly waiting: boolean
  /** Since it began, in milliseconds; 0 when it had not. */
  readonly afterMs: number
}
