import type { PostRole } from './approval-record.ts'
import type { Ask } from './ask.ts'
import type { PersonId } from './ids.ts'
import type { Locale } from './person.ts'

/** What `drawAsk` needs to know. */
export interface AskDrawing {
  readonly ask: Ask
  readonly role: PostRole
  /** Whose language it is in, when that is known. */
  readonly reader: PersonId | null
  /** The language otherwise. */
  readonly locale: Locale
  /** Who is spoken to; null: nobody in particular. */
  readonly mention: PersonId | null
  /** For the neutral line: an owner has the approval in a direct message. */
  readonly direct: boolean
}

/** What `drawAsks` needs to know. */
export interface AsksDrawing extends Omit<AskDrawing, 'ask'> {
  readonly list: string
  /** One at least, all of one run, in the list's order. */
  readonly asks: readonly Ask[]
}
