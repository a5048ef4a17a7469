import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Message, Owner, Posting } from '../core/message.ts'
import type { Locale } from '../core/person.ts'
import type { Phrases } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'
import type { Urgency } from './pace.ts'
import type { Write } from './write.ts'

/** What messages are about: a run, an approval, a board, a note. Says what should stand, and does nothing itself. */
export interface MessageSource {
  readonly owner: Owner
  /** What should stand now, given what is known to. */
  wanted(postings: readonly Posting[]): Wanted | Promise<Wanted>
  /** What a write is for, as of now: it may wait while more happens. Asked at each event, so it has to be cheap. */
  urgencyOf(write: Write): Urgency
  /** A run that is to end in a place; null: none, or it is over. Asked at each event, too. */
  turn?(): PlaceTurn | null
  /** Who is told when the place of a message stays closed; null: an owner alone. */
  concern(postings: readonly Posting[], shutOut: Posting): Concern | null
  /** Its message cannot stand in its place for now. True: then it need not, something else was done. */
  shutOut?(posting: Posting): Promise<boolean>
  /** A message of it was posted. */
  posted?(posting: Posting): void
  /** Its message, or its place, is no more, and it need not stand again. */
  gone?(posting: Posting): Promise<void>
  /** Everything about it is said. */
  settled?(): Promise<void>
}

/** A run in the place where its end will be said: it works, or waits for its turn. */
export interface PlaceTurn {
  readonly place: PlaceId
  readonly works: boolean
}

export interface Wanted {
  /** In the order in which they are to be posted. */
  readonly messages: readonly Message[]
  /** A message that cannot stand yet holds up those behind it. */
  readonly ordered: boolean
  /** What stands and is not wanted is taken away. */
  readonly exact: boolean
  /** When this stands, everything is said. */
  readonly over: boolean
  /** When to look again although nothing happened, in milliseconds; null: never. */
  readonly againInMs: number | null
  /** Where "is typing" shows that something will come. */
  readonly typingIn: Place | null
}

export interface Concern {
  readonly person: PersonId
  readonly locale: Locale
  /** That a place is closed to us, and what waits for it. */
  text(say: Phrases, place: Place): string
}

export const nothingYet: Wanted = {
  messages: [],
  ordered: false,
  exact: false,
  over: false,
  againInMs: null,
  typingIn: null,
}
