import type { Chat } from '../core/chat.ts'
import type { EpochMs } from '../core/clock.ts'
import type { Message, Posting } from '../core/message.ts'
import { isLater } from '../core/snowflake.ts'
import type { Wanted } from './source.ts'
import type { MessageForm, Write } from './write.ts'

/** From this plainness on a message does not grow: its file would be sent again with each word. */
const filePlainness = 2

/** What waits before it is tried again. 'blocks': the messages behind it wait too, where they have an order. */
export type Holds = ReadonlyMap<string, 'blocks' | 'alone'>

export interface PlanTools {
  readonly chat: Pick<Chat, 'pace' | 'plainer'>
  readonly now: EpochMs
}

/** The first thing that is not yet as it should be; null: all is, or has to wait. Pure. */
export function nextWrite(
  wanted: Wanted,
  postings: readonly Posting[],
  holds: Holds,
  { chat, now }: PlanTools,
): Write | null {
  const { messages, ordered, exact } = wanted
  if (exact) {
    const surplus = postings.findLast(
      ({ role, message, over }) =>
        message !== null && !over && !holds.has(role) && messages.every((each) => each.role !== role),
    )
    if (surplus?.message != null) return { kind: 'remove', posting: surplus, id: surplus.message, again: false }
  }
  for (const message of messages) {
    const posting = postings.find(({ role }) => role === message.role) ?? null
    if (posting?.over === true) continue
    const hold = holds.get(message.role)
    if (hold === 'blocks' && ordered) return null
    if (hold !== undefined) continue
    const form = formOf(message, posting, chat)
    if (posting?.message == null) return { kind: 'post', message, posting, form }
    const isSaid = posting.shown === form.rendering.hash || (form.plainness >= filePlainness && !message.steady)
    if (!posting.frozen && isOld(posting, now, chat) && endsHere(message, isSaid)) {
      return posting.end > 0
        ? { kind: 'freeze', posting }
        : { kind: 'remove', posting, id: posting.message, again: true }
    }
    if (isAbove(message, posting)) return { kind: 'remove', posting, id: posting.message, again: true }
    if (!isSaid) return { kind: 'edit', message, posting, id: posting.message, form }
  }
  return null
}

/** When a message reaches its first hour with something on it that goes on, in milliseconds from now; null: none will. */
export function untilOld({ messages }: Wanted, postings: readonly Posting[], { chat, now }: PlanTools): number | null {
  const going = messages.filter(({ goesOn }) => goesOn === 'now').map(({ role }) => role)
  const ends = postings.flatMap(({ role, postedAt, frozen }) =>
    going.includes(role) && postedAt !== null && !frozen ? [postedAt + chat.pace.editableForMs - now] : [],
  )
  return ends.length === 0 ? null : Math.max(1_000, Math.min(...ends) + 1)
}

/**
 * What was refused as it was drawn is said plainer, also when it has grown since; but what it says at last is tried as
 * it is drawn once.
 */
function formOf(message: Message, posting: Posting | null, chat: PlanTools['chat']): MessageForm {
  const { rendering, steady, locale, asks } = message
  const plainness = posting?.plainness ?? 0
  if (plainness === 0 || (steady && posting?.refused !== rendering.hash)) return { plainness: 0, rendering }
  return { plainness, rendering: chat.plainer(rendering, plainness, { locale, asks }) }
}

function isOld({ postedAt }: Posting, now: EpochMs, chat: PlanTools['chat']): boolean {
  return postedAt !== null && now - postedAt > chat.pace.editableForMs
}

/** Nothing of its text is shown yet, and what is to come before it stands below. */
function isAbove({ beneath }: Message, { message, end }: Posting): boolean {
  return beneath != null && message !== null && end === 0 && isLater(beneath, message)
}

function endsHere({ goesOn }: Message, isSaid: boolean): boolean {
  return goesOn === 'now' || (goesOn === 'when-changed' && !isSaid)
}
