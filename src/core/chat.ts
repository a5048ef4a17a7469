import type { EpochMs } from './clock.ts'
import type { MessageId, PersonId, PlaceId, RunId } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { RunView } from './view.ts'

/**
 * Where people are: Discord. Outward: draws, posts, edits. Inward: calls the inbox.
 *
 * Contract: no method throws for anything the other side does, except where it says so; each may be called again.
 * `open` resolves when messages can come and go; `close` is idempotent.
 */
export interface Chat {
  /** How fast it may be written to. */
  readonly pace: Pace

  /** Connects. Rejects with a `refused` problem when the token or its rights are wrong (and says what to do). */
  open(inbox: Inbox): Promise<void>
  close(): Promise<void>
  state(): ChatState

  /** The messages that should stand in the place for this view, first to last. Pure. */
  draw(drawing: Drawing): readonly Sheet[]

  /**
   * Posts a sheet. The nonce makes a repeat within some minutes give the earlier message instead of a second one.
   * 'gone': the place is no more or closed to us; 'later': the other side cannot take it now (it says no more than
   * that: rate limits are waited out inside).
   */
  post(place: Place, sheet: Sheet, options: PostOptions): Promise<MessageId | 'gone' | 'later'>

  /** Makes an earlier message show the sheet. 'gone': it was deleted. 'too-old': it may not be edited any more. */
  edit(place: Place, message: MessageId, sheet: Sheet): Promise<'edited' | 'gone' | 'too-old' | 'later'>

  /** Takes a message of ours away, because what it said was taken back. One that is gone already is fine. */
  remove(place: Place, message: MessageId): Promise<'removed' | 'later'>

  /**
   * Looks for a message of ours, posted at or after `since`, that is this sheet: after a long outage, when the nonce no
   * longer protects. It is the one whose button carries the sheet's `mark` (a run at work), or that shows exactly its
   * text. `known` are messages that are something else.
   */
  find(place: Place, sheet: Sheet, since: EpochMs, known: readonly MessageId[]): Promise<MessageId | null | 'later'>

  /** Says something that belongs to no run, silently; the nonce makes a repeat within some minutes a no-op. */
  tell(place: Place, text: string, options: PostOptions): Promise<void>

  /** Shows "is typing" for some ten seconds. */
  typing(place: Place): Promise<void>

  /**
   * People's messages after `after`, oldest first, at most a few hundred: ask again behind the last until there are none.
   * Rejects when the other side cannot be read now; gives 'gone' for a place that was deleted, 'closed' for one that we
   * may not read.
   */
  history(place: Place, after: MessageId): Promise<readonly ChatMessage[] | 'gone' | 'closed'>
}

export interface Pace {
  /** At least this long between two edits in one channel. */
  readonly editEveryMs: number
  /** A message older than this is not edited any more. */
  readonly editableForMs: number
  /** How long a nonce certainly protects from a second post. */
  readonly nonceForMs: number
}

export interface ChatState {
  readonly state: 'connecting' | 'ready' | 'resting' | 'closed'
  /** Milliseconds since the last event of any kind; null before the first. */
  readonly lastEventAgeMs: number | null
  /** Round trip of the last heartbeat in milliseconds; null before the first. */
  readonly ping: number | null
}

/** What `draw` needs to know. */
export interface Drawing {
  readonly view: RunView
  /** Where a waiting run stands; null for all others. */
  readonly line: LinePlace | null
  readonly now: EpochMs
  /**
   * For each part that is closed for good, where its text ends (offsets into the drawn text). Text behind the last
   * of these goes to further parts.
   */
  readonly frozen: readonly number[]
  /** How the session is called. */
  readonly session: string
}

/** A waiting run's place in the queue, from 1, and the expected wait when recent runs tell. */
export interface LinePlace {
  readonly place: number
  readonly expectedMs: number | null
}

/** One message as it should look. */
export interface Sheet {
  /** Position among the sheets of its run, from 0: the same for every drawing. */
  readonly part: number
  /** Names run and part; the custom id of a button on it contains this. */
  readonly mark: string
  /** Two sheets with the same hash look the same. */
  readonly hash: string
  /** Its text content, as Discord would give it back. */
  readonly text: string
  /** Where its text ends, as an offset into the drawn text. */
  readonly end: number
  /** The done line of a long run: a reply that rings the phone of the person answered. All others are silent. */
  readonly rings: boolean
  /** Discord's own form; only the chat that drew it can read it. */
  readonly body: unknown
}

export interface PostOptions {
  readonly nonce: string
  /** The message it answers, if that still exists. */
  readonly replyTo: MessageId | null
  /** The only person it may mention. */
  readonly mention: PersonId | null
}

/** What comes in. Calls may come again (replayed events) and out of order; the inbox keeps order per place. */
export interface Inbox {
  /** A person wrote. Never called for bots and webhooks. */
  message(message: ChatMessage): Promise<void>
  /**
   * From here back, messages may have been missed (connected anew without RESUME). Called synchronously before any
   * later `message`; the inbox reads the gap by `history`.
   */
  gap(): void
  /** A button of a run was pressed. */
  press(button: RunButton, person: Person, place: Place): Promise<Reply>
  /** A place was deleted. */
  placeGone(place: PlaceId): Promise<void>
}

/** The buttons a run's messages carry. */
export type RunButton = { readonly action: 'stop'; readonly run: RunId }

/** What a person is told, in their language already. */
export interface Reply {
  readonly text: string
  /** Only the person sees it. */
  readonly hidden: boolean
  /** Goes with it; its text at most 8 MiB. */
  readonly file?: { readonly name: string; readonly text: string }
}

/** A message of a person. */
export interface ChatMessage {
  readonly id: MessageId
  readonly place: Place
  readonly author: Person
  readonly text: string
  /** It mentions the bot, or replies to one of its messages. */
  readonly addressed: boolean
  readonly at: EpochMs
}
