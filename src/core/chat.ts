import type { Hold } from './quota.ts'
import type { AskDrawing, AsksDrawing } from './ask-drawing.ts'
import type { ChatFile, ShownFile } from './attachment.ts'
import type { Absence, ChatState } from './chat-state.ts'
import type { Pace, ReadUrgency } from './pace.ts'
import type { EpochMs } from './clock.ts'
import type { Refusal } from './failure.ts'
import type { Finding } from './finding.ts'
import type { MessageId, PersonId, PlaceId } from './ids.ts'
import type { Interaction, Memo } from './interaction.ts'
import type { ListItem } from './list-item.ts'
import type { Locale, Person } from './person.ts'
import type { Place, Whereabouts } from './place.ts'
import type { Reach } from './reach.ts'
import type { Remark } from './prompt.ts'
import type { QuotedMessage } from './quotation.ts'
import type { Verbosity } from './verbosity.ts'
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

  /** Begins to connect. What comes waits until `open`: there is nobody yet to work on it. */
  dial(): void

  /** Connects, if `dial` has not begun to, and gives what comes to the inbox. Rejects with a `refused` problem when the token or its rights are wrong (and says what to do). */
  open(inbox: Inbox): Promise<void>
  close(): Promise<void>
  state(): ChatState

  /** Whether people can be heard in a place now, and for how long since then they could not, as far as this life knows. */
  away(place: Place, since: EpochMs): Absence

  /** Holds what is configured against what is there. Rejects when nobody can say now. */
  check(reach: Reach): Promise<readonly Finding[]>

  /** The messages that should stand in the place for this view, first to last. Pure. */
  draw(drawing: Drawing): readonly Rendering[]

  /** One message of an approval as it should look. Pure, but for the reader's language, which may become known. */
  drawAsk(drawing: AskDrawing): Rendering
  /** The same for a list of approvals. */
  drawAsks(drawing: AsksDrawing): Rendering

  /**
   * Posts a rendering. The nonce makes a repeat within some minutes give the earlier message instead of a second one.
   */
  post(place: Place, rendering: Rendering, options: PostOptions): Promise<MessageId | Unposted>

  /** Makes an earlier message show the rendering. */
  edit(place: Place, message: MessageId, rendering: Rendering): Promise<Edited>

  /** Takes a message of ours away, because what it said was taken back. One that is gone already is fine. */
  remove(place: Place, message: MessageId): Promise<Removed>

  /** Pins a message of ours. Where that is not ours to do, it stands unpinned, and nobody hears of it. */
  pin(place: Place, message: MessageId): Promise<void>

  /**
   * Looks for a message of ours, posted at or after `since`, that is this rendering: after a long outage, when the nonce no
   * longer protects. It is the one whose button carries the rendering's `mark` (a run at work), or that shows exactly its
   * text. `known` are messages that are something else.
   */
  find(
    place: Place,
    rendering: Rendering,
    since: EpochMs,
    known: readonly MessageId[],
  ): Promise<MessageId | null | 'later'>

  /** Says something that belongs to no run, silently; the nonce makes a repeat within some minutes a no-op. */
  tell(place: Place, text: string, options: PostOptions): Promise<void>

  /** The same for one that changes: its first line alone tells it from other messages. Pure. */
  board(text: string): Rendering

  /**
   * The same said plainer, because it was refused: 1: its words, without what belongs to their look; 2: a sentence and
   * the words as a file; 3: the sentence alone. Pure.
   */
  plainer(rendering: Rendering, plainness: number, how: { readonly locale: Locale; readonly asks: boolean }): Rendering

  /** A message that is nothing but this text (cut at one message's length) and its buttons, to be posted or found. Pure. */
  note(text: string, buttons?: readonly DrawnButton[], file?: ShownFile | null): Rendering
  /** The same with buttons under it, which are taken away at the end. `mark`: tells it from others. Pure. */
  panel(mark: string, text: string, buttons: readonly DrawnButton[], look?: PanelLook): Rendering
  /** The direct messages with a person; null when they take none. Rejects when nobody can say now. */
  dm(person: PersonId): Promise<Place | null>

  /** The roles a person has now where the place is; null when they are no longer there. Rejects as `dm`. */
  rolesOf(person: PersonId, place: Place): Promise<readonly string[] | null>

  /**
   * Who has a role on the server, as far as Discord tells: all of them where it lists the members, else those of
   * `candidates`. Rejects as `dm`.
   */
  holdersOf(role: string, candidates: readonly PersonId[]): Promise<readonly PersonId[]>

  /** Whether a person can see a place there: a channel, a private thread, their own direct messages. Rejects as `dm`. */
  sees(person: PersonId, place: Place | PlaceId): Promise<boolean>

  /**
   * Whether a place is hidden from some of those who see its channel: a private thread, direct messages, or one that
   * nobody can tell about now.
   */
  isPrivate(place: Place): Promise<boolean>

  /** Puts a sign on somebody's message, once. False: it cannot be put there. Rejects when nobody can say now. */
  react(place: Place, message: MessageId, sign: string): Promise<boolean>

  /** Shows "is typing" for some ten seconds. */
  typing(place: Place): Promise<void>

  /**
   * People's messages after one, oldest first, at most a few hundred: ask again from `readTo` on until it is null. Rejects
   * when it cannot be read now; 'gone': the place was deleted, 'closed': we may not read it.
   */
  history(place: Place, after: MessageId, urgency: ReadUrgency): Promise<History | 'gone' | 'closed'>

  /**
   * What was said in a place before a message and may be known, oldest first. What people say to each other does not
   * get out of here unless `bystanders` says so. [] for a place that may not be read; rejects when it cannot be read now.
   */
  recent(place: Place, before: MessageId, wish: Recollection): Promise<readonly Remark[]>

  /** The message or post that a thread hangs on; null: none, or not for us. Rejects when it cannot be read now. */
  opening(place: Place): Promise<QuotedMessage | null>

  /**
   * A person's message as it is now; 'gone' when it was deleted, 'closed' when we may not read it. Rejects when it
   * cannot be read now.
   */
  reread(place: Place, message: MessageId): Promise<ChatMessage | 'gone' | 'closed'>

  /** Commands, buttons and forms, once the inbox keeps them. */
  readonly interactions: InteractionDoor

  /** What hangs on a message, piece by piece. Throws when it does not come. */
  download(file: ChatFile): AsyncIterable<Uint8Array>
}

/**
 * Why nothing was posted. 'gone': the place is no more. 'refused': this content will not be taken there, another may.
 * 'closed': the place takes nothing of ours for now. 'later': the other side cannot take anything now (rate limits are
 * waited out inside).
 */
export type Unposted = 'gone' | 'refused' | 'closed' | 'later'
/** How an edit ended. 'gone': the message (or its place) is no more. 'too-old': not edited any more, for now at least. */
export type Edited = 'edited' | 'too-old' | Unposted
/** What became of a message that was to be taken away. */
export type Removed = 'removed' | 'closed' | 'later'

/** What people wrote in a place, and how far it was read; `readTo` is null when there is no more for now. */
export interface History {
  readonly messages: readonly ChatMessage[]
  readonly readTo: MessageId | null
}

/** Which earlier messages `recent` gives. */
export interface Recollection {
  /** At most so many, the latest ones. */
  readonly most: number
  /** Also what neither mentions the bot nor replies to it. */
  readonly bystanders: boolean
  /** Whether this person's words may be given. Bots' and webhooks' never are, the bot's own always. */
  admits(author: Person): Promise<boolean>
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
  /** Where the question stands that the run waits for; null: nowhere yet, or it waits for none. */
  readonly question: Spot | null
  readonly verbosity: Verbosity
}

/** A message and where it stands. */
export interface Spot {
  readonly place: Place
  readonly message: MessageId
}

/** Where a waiting run stands. */
export interface LinePlace {
  /** From 1. */
  readonly place: number
  /** In milliseconds, when recent runs tell. */
  readonly expectedMs: number | null
  /** How many runs of the same person are at work in that channel, */
  readonly atWork: number
  /** and how many may be. */
  readonly cap: number
  /** What it waits for; null: only for its turn. */
  readonly held: Held | null
  /** Everything stands still, so nothing moves up. */
  readonly frozen: boolean
}

/** A run that may not start before a moment, and its place among those that wait for the same account. */
export interface Held {
  readonly hold: Hold
  /** From 1. */
  readonly place: number
  readonly of: number
  /** It is an earlier prompt of its session that is held, and this one waits behind that. */
  readonly isBehind?: boolean
}

/** One message as it should look. */
export interface Rendering {
  /** Position among the renderings of its run, from 0: the same for every drawing. */
  readonly part: number
  /** Names run and part; the custom id of a button on it contains this. */
  readonly mark: string
  /** Two renderings with the same hash look the same. */
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

/** What belongs to a post and not to what it shows. */
export interface PostOptions {
  readonly nonce: string
  /** The message it answers, if that still exists. */
  readonly replyTo: MessageId | null
  /** The only person it may mention. */
  readonly mention: PersonId | null
}

/**
 * What comes in. Calls may come again (replayed events) and out of order; the inbox keeps order per place. What it is
 * given is in its hands: it is kept, worked on and tried again by itself.
 */
export interface Inbox {
  /** A person wrote. Never called for bots and webhooks. */
  message(message: ChatMessage): void
  /**
   * From here back, messages may have been missed (connected anew without RESUME). Called synchronously before any
   * later `message`; the inbox reads the gap by `history`.
   */
  gap(): void
  /** A person edited their message, at that moment. What it replies to may not be known: then it counts as addressed. */
  edited(message: ChatMessage, moment: string): void
  /** Messages of anybody are no more. */
  deleted(place: PlaceId, messages: readonly MessageId[]): void
  /** Somebody used a command, a button or a form: it goes on by `Chat.interactions`. */
  interaction(interaction: Interaction): void
  /** A person has begun to type. Only a hint: nothing follows from one that is missing. */
  typing(place: Place, person: Person): void
  /** A place was deleted. */
  placeGone(place: PlaceId): void
  /** What we may do there has changed, perhaps. */
  placeChanged(where: Whereabouts): void
  /** A secret was about to be shown, and was hidden; `place` null: nobody knows where. `rules`: of which kinds. */
  secretHidden(place: PlaceId | null, rules: readonly string[]): void
}

/**
 * The chat's side of interactions, step by step, because a death may come between any two of them. Contract: a step that
 * rejects is called again, in this life or the next.
 */
export interface InteractionDoor {
  /** Shows the person that it was heard. False: too late, they were told that it failed, so it must not be worked on. */
  acknowledge(interaction: Interaction): Promise<boolean>
  /** Does what it asks for. Whatever it changes is changed once, however often it is called. */
  work(interaction: Interaction, memo: Memo): Promise<Reply | Shown>
  /** Puts the answer where the waiting sign is. False: nothing can be said there any more. */
  answer(interaction: Interaction, answer: Reply | Shown): Promise<boolean>
  /** Says at once that it cannot be taken now. Never rejects. */
  decline(interaction: Interaction): Promise<void>
}

/** The approval as it is now: for the person alone when they look, else for the message they pressed. */
export interface Shown {
  /** The approval's token, or its list's: when that is decided elsewhere, it is shown anew. */
  readonly of: string
  readonly rendering: Rendering
}

/** What a person is told, in their language already. */
export interface Reply<Button = DrawnButton> {
  readonly text: string
  /** Only the person sees it. */
  readonly hidden: boolean
  /** Goes with it; its text at most 8 MiB. */
  readonly file?: { readonly name: string; readonly text: string }
  /** Shown with it; `says`: for those who do not see it. */
  readonly picture?: { readonly name: string; readonly png: Uint8Array; readonly says: string }
  /** It says no. */
  readonly refused?: true
  /** Why, where that is one of the product's own refusals: it can be explained later. */
  readonly refusal?: Refusal
  /** Drawn as a card of this colour, with its text (one message's length) and its file in it. */
  readonly card?: PanelLook
  /** Drawn as a list in the place of `text`, which says the same where no list can stand. Ten items at most. */
  readonly list?: { readonly head: string; readonly items: readonly ListItem<Button>[] }
  /** Stand under it, five in a row, 25 at most. They work for as long as it stands. */
  readonly buttons?: readonly Button[]
}

/** What the colour of a panel says; a sign beside it says the same. */
export type PanelLook = 'waiting' | 'work' | 'done' | 'asks' | 'failed'

/** A button as it stands in Discord; its id says whose it is (core/button.ts). */
export interface DrawnButton {
  readonly id: string
  readonly label: string
  readonly style: 'good' | 'bad' | 'plain'
}

/** A message of a person. */
export interface ChatMessage {
  readonly id: MessageId
  readonly place: Place
  readonly author: Person
  readonly text: string
  /** It mentions the bot, or replies to one of its messages. */
  readonly addressed: boolean
  /** It replies to a message of somebody else. */
  readonly aside: boolean
  readonly files: readonly ChatFile[]
  /** What it answers, forwards or shows beside its words. Missing in what earlier versions kept: nothing. */
  readonly quotes?: readonly QuotedMessage[]
  readonly at: EpochMs
}
