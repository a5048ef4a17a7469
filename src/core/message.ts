import type { Ask } from './ask.ts'
import type { Panel } from './panel.ts'
import type { Chat, LinePlace, Rendering, Spot } from './chat.ts'
import type { EpochMs } from './clock.ts'
import type { Entry } from './event.ts'
import type { MessageId, PersonId, PlaceId, PromptKey, RunId } from './ids.ts'
import type { Locale, Person } from './person.ts'
import type { Note } from './note.ts'
import type { Place, Whereabouts } from './place.ts'
import type { Wallboard } from './wallboard.ts'

/** The kinds of things that messages are about. */
export type OwnerKind = 'run' | 'approval' | 'asks' | 'board' | 'note' | 'panel'
/** Whose message it is: what it says is made from that. */
export type Owner = `${OwnerKind}:${string}`

export function ownerKind(owner: Owner): OwnerKind {
  return owner.slice(0, owner.indexOf(':')) as OwnerKind
}

/** The owner's own name: a run's id, an approval's token, a channel, a note's key. */
export function ownerName(owner: Owner): string {
  return owner.slice(owner.indexOf(':') + 1)
}

/** A message of ours as it should stand now. */
export interface Message {
  /** Which of its owner's messages it is. */
  readonly role: string
  readonly place: Place
  readonly rendering: Rendering
  readonly replyTo: MessageId | null
  readonly mention: PersonId | null
  /** Whose language it is in, for a plainer form. */
  readonly locale: Locale
  /** It changes seldom, or not any more: whatever was refused before, what it says now is tried as it is drawn. */
  readonly steady: boolean
  /** People answer by its buttons: they stay on a plainer form. */
  readonly asks: boolean
  /** It is pinned once it stands. */
  readonly pinned: boolean
  /**
   * Its text may end where it ends now, and what comes goes on in another message. 'now': after its first hour that is
   * done although nothing has changed.
   */
  readonly goesOn: 'no' | 'when-changed' | 'now'
  /** Somebody deleted it: it is posted again, or it was enough that it stood. */
  readonly whenDeleted: 'again' | 'enough'
  /** As long as it shows no text it stands beneath this message, in a new one if need be; null, or left out: where it is. */
  readonly beneath?: MessageId | null
}

/**
 * What is known of a message of ours, kept before and after everything that is done to it: that is what makes posting
 * exactly-once.
 */
export interface Posting {
  readonly owner: Owner
  readonly role: string
  readonly place: Place
  /** Up to 25 characters; the same for every try, so that Discord itself refuses a second message. */
  readonly nonce: string
  /** When the post was intended; null: not yet. */
  readonly at: EpochMs | null
  /** Null: nobody knows whether it was posted. */
  readonly message: MessageId | null
  readonly postedAt: EpochMs | null
  /** Hash of the rendering it shows; '' when that is not known. */
  readonly shown: string
  /** Where the text that it shows ends, as an offset into the drawn text. */
  readonly end: number
  /** Its text ends here for good; it is edited once more at the most, to take away what goes on elsewhere. */
  readonly frozen: boolean
  /** It cannot stand any more, or need not: nothing is done for it again. */
  readonly over: boolean
  /** How much plainer than drawn it is said, because Discord refused it: see `Chat.plainer`. */
  readonly plainness: number
  /** Hash of the rendering that was refused as it was drawn; '' for none. */
  readonly refused: string
  /** Since when its place takes nothing of it; null: it does. */
  readonly closedSince: EpochMs | null
}

/** What is said to Discord, and how far. Part of the vault door; the same contract. */
export interface Postings {
  /** What is known of an owner's messages, in the order in which they were first kept. */
  of(owner: Owner): Promise<readonly Posting[]>
  /** Keeps a message in the place of what was known of it. */
  keep(posting: Posting): Promise<void>
  /** Forgets a message that was taken away. */
  forget(owner: Owner, role: string): Promise<void>
  /** Everything about an owner is said: nothing will be posted or edited for it any more, until something is kept again. */
  settled(owner: Owner): Promise<void>
  /** Owners about whom something may still have to be said, oldest first. */
  unsettled(): Promise<readonly Owner[]>
  /** Keeps a note to be said; one with that key stays as it is. False: it was known. */
  note(note: Note, nonce: string): Promise<boolean>
  /** What a panel shows now, by its key. */
  panel(key: string): Promise<Panel | null>
  /** A note by its key. */
  noted(key: string): Promise<Note | null>
}

/**
 * Makes Discord show what should stand there, exactly once, whatever dies and however long it takes. `Whereabouts`
 * changing is a hint that may be lost: what waits is tried again anyway.
 */
export interface Outbox {
  /** Says a word that belongs to no run. Durable when resolved; the same key again says nothing. */
  say(note: Note): Promise<void>
  /** Shows a panel that was kept, or what it says now. */
  show(key: string): Promise<void>
  /**
   * Puts an approval before people, and keeps its messages true until its fate stands everywhere. `ask` gives it as it is
   * at the moment; `quiet`: a rule answers it, so that nobody is asked who has not been.
   */
  ask(ask: () => Ask, quiet: boolean): AskMessages
  /** The same for many in one message. `asks` gives those of the list in its order. */
  askMany(list: string, asks: () => readonly Ask[]): AskMessages
  /**
   * Puts up the board of a channel, or moves it to the end. 'gone': the channel is; 'later': it will stand there as soon
   * as Discord takes it.
   */
  putUpBoard(place: Wallboard['place'], by: Person, key: PromptKey): Promise<'stands' | 'gone' | 'later'>
  /** Messages are no more: those that need not stand again are let go of. */
  deleted(place: PlaceId, messages: readonly MessageId[]): void
  /** Goes on with what an earlier life left unsaid. Call before anything new is asked. */
  resume(): Promise<void>
  /** What should stand may have changed. */
  look(): void
  /** Resolves when everything about these runs is said, or after `ms`. */
  settles(runs: readonly RunId[], ms: number): Promise<void>
  /** Messages that could not stand somewhere may do so now. */
  placeChanged(where: Whereabouts): void
  /** How many runs, approvals, boards and notes wait for a place that takes nothing of ours. */
  readonly closed: number
  /** Resolves when nothing is written any more (the signal has fired). */
  close(): Promise<void>
}

/** The messages of an approval. */
export interface AskMessages {
  /** Something about the approval has changed. */
  look(): void
  /** The one in the run's own place that stands for it; null: none does yet. */
  spot(): Spot | null
  /** Resolves when its fate stands everywhere, or the process lets go. Never rejects. */
  readonly done: Promise<void>
}

/** What the outbox needs of those who use it. */
export interface OutboxNeeds {
  readonly chat: Chat
  readonly bus: { subscribe(listener: (entry: Entry) => void): Disposable }
  /** Where a waiting run stands; null when it is about to start. */
  line(run: RunId): LinePlace | null
  /** Where the question stands that a run waits for; null: nowhere. */
  questionOf(run: RunId): Spot | null
  /** Ends it. */
  readonly signal: AbortSignal
}
