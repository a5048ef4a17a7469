import type { Press } from './button.ts'
import type { Reply } from './chat.ts'
import type { Call } from './command.ts'
import type { Refusal } from './failure.ts'

/** An answer that everyone in the place sees: something changed for all of them. */
export function toAll(text: string): Reply<never> {
  return { text, hidden: false }
}

/** An answer that only the person who asked sees. */
export function toThem(text: string): Reply<never> {
  return { text, hidden: true }
}

/** A no, in the person's language; nobody else sees it. */
export function refused({ say }: Call | Press, refusal: Refusal): Reply<never> {
  return { ...toThem(say.refusal(refusal)), refused: true }
}
