import type { Panel } from './panel.ts'
import type { LetterId } from './ids.ts'
import type { Chain, Letter, LetterConsent, LetterState } from './letter.ts'
import type { Note } from './note.ts'

/** Something that is kept in one transaction with others: with the answer of a call, or with a letter's next state. */
export type Effect =
  | { readonly kind: 'note'; readonly note: Note }
  /** Shows a panel, or changes what it shows. */
  | { readonly kind: 'panel'; readonly panel: Panel }
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'letter'; readonly letter: Letter }
  /** Nothing at all is kept when the letter is not in the state `was`. */
  | {
      readonly kind: 'letter-state'
      readonly letter: LetterId
      readonly was: LetterState
      readonly now: LetterState
      readonly consent?: LetterConsent
    }
