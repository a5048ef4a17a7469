import type { Ask } from '../core/ask.ts'
import type { Chat, Shown } from '../core/chat.ts'
import type { Person } from '../core/person.ts'

/** An approval as it is now, drawn for one person. */
export function showAsk(ask: Ask, { id, locale }: Person, chat: Chat): Shown {
  return { rendering: chat.drawAsk({ ask, role: 'ask', reader: id, locale, mention: null, direct: false }) }
}
