import type { DrawnButton, PanelLook } from './chat.ts'
import type { PersonId } from './ids.ts'
import type { Locale } from './person.ts'
import type { Place } from './place.ts'

/** A word with buttons that belongs to no run, and changes: what is shown last is what stands. */
export interface Panel {
  /** The same key is one message, whatever dies. */
  readonly key: string
  /** In a channel it is for an owner alone, in their direct messages, where there is one. */
  readonly place: Place
  /** In the reader's language already; one message's length at the most. */
  readonly text: string
  readonly locale: Locale
  readonly buttons: readonly DrawnButton[]
  readonly mention: PersonId | null
  /** It tells rather than asks: it stands in its own place, in this look, and once it stands nobody watches over it. */
  readonly card?: PanelLook
}
