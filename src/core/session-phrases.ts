import type { Changed } from './desk.ts'
import type { Session } from './session.ts'
import type { Diff } from './work.ts'

/** What is said about a session beside its start and its end. Part of `Phrases`. */
export interface SessionPhrases {
  moved(changed: Changed): string
  remodelled(session: Session): string
  attached(session: Session): string
  resumed(session: Session): string
  /** A summary: how much, against what, and the files that changed most. */
  diff(session: Session, diff: Diff): string
  exported(turns: number, cut: boolean): string
  /** One line on the card of a run whose CLI no longer knew its conversation. */
  forgotten(): string
}
