import type { BudgetAsk } from './budget.ts'
import type { Panel } from './panel.ts'
import type { AccountId, BudgetId, LetterId, SessionId } from './ids.ts'
import type { Chain, Letter, LetterConsent, LetterState } from './letter.ts'
import type { Note } from './note.ts'
import type { ScratchpadNote, ScratchpadScope } from './scratchpad.ts'
import type { Task } from './task.ts'

/** Something that is kept in one transaction with others: with the answer of a call, or with a letter's next state. */
export type Effect =
  | { readonly kind: 'note'; readonly note: Note }
  /** Shows a panel, or changes what it shows. */
  | { readonly kind: 'panel'; readonly panel: Panel }
  | { readonly kind: 'chain'; readonly chain: Chain }
  /** Nothing at all is kept when the note is not in the version before. */
  | { readonly kind: 'scratchpad'; readonly scope: ScratchpadScope; readonly note: ScratchpadNote }
  /** Nothing at all is kept when the task of that chain is not in the version before. */
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'letter'; readonly letter: Letter }
  /**
   * A session goes on with another account, and all that waits in it; nothing at all is kept when it has ended, has
   * another one than `was`, or something of it is at work.
   */
  | { readonly kind: 'session-account'; readonly session: SessionId; readonly was: AccountId; readonly now: AccountId }
  /** Nothing at all is kept when the letter is not in the state `was`. */
  | {
      readonly kind: 'letter-state'
      readonly letter: LetterId
      readonly was: LetterState
      readonly now: LetterState
      readonly consent?: LetterConsent
    }
  /** People are asked about a budget; nothing at all is kept when they were asked the same before. */
  | { readonly kind: 'budget-ask'; readonly ask: BudgetAsk }
  /** Nobody is asked any more; nothing at all is kept when nobody was. */
  | { readonly kind: 'budget-answered'; readonly token: string }
  /** The limit in force for one period. */
  | {
      readonly kind: 'budget-raise'
      readonly budget: BudgetId
      readonly period: string
      readonly to: number
    }
