import type { DrawnButton } from './chat.ts'
import type { Attachment } from './attachment.ts'
import type { MessageId, PersonId } from './ids.ts'
import type { Place } from './place.ts'

/** A word that belongs to no run. */
export interface Note {
  /** The same key is said once, whatever dies. */
  readonly key: string
  readonly place: Place
  /** In the reader's language already; one message's length at the most. */
  readonly text: string
  readonly replyTo: MessageId | null
  /** Goes with it: it was kept before. */
  readonly file?: Attachment
  readonly mention: PersonId | null
  /** They work for as long as it stands. Left out: none. */
  readonly buttons?: readonly DrawnButton[]
  /** What is said instead where the place takes nothing; left out: it waits until it does. */
  readonly otherwise?: Note
}
