import type { Press } from './button.ts'
import type { Reply } from './chat.ts'
import type { Call } from './command.ts'
import type { Refusal } from './failure.ts'
import type { ListItem } from './list-item.ts'

/** An answer that everyone in the place sees: something changed for all of them. */
export function toAll(text: string): Reply<never> {
  return { text, hidden: false }
}

/** An answer that only the person who asked sees. */
export function toThem(text: string): Reply<never> {
  return { text, hidden: true }
}

/** A list that only the person who asked sees; alone its head where it is empty. */
export function toList<Button>(
  head: string,
  items: readonly ListItem<Button>[],
  buttons: readonly Button[],
): Reply<Button> {
  if (items.length === 0) return { text: head, hidden: true }
  const text = [head, ...items.map((item) => item.text)].join('\n')
  return { text, hidden: true, list: { head, items }, buttons }
}

/** A no, in the person's language; nobody else sees it. */
export function refused({ say }: Call | Press, refusal: Refusal): Reply<never> {
  return { ...toThem(say.refusal(refusal)), refused: true, refusal }
}
