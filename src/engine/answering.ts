import type { Ask } from '../core/ask.ts'
import type { Chat, Shown } from '../core/chat.ts'
import type { Person } from '../core/person.ts'

/** An approval as it is now, drawn for one person. */
export function showAsk(ask: Ask, { id, locale }: Person, chat: Chat): Shown {
  return {
    of: ask.token,
    rendering: chat.drawAsk({ ask, role: 'ask', reader: id, locale, mention: null, direct: false }),
  }
}

/** A list of them. */
export function showAsks(asks: readonly Ask[], { id, locale }: Person, chat: Chat): Shown {
  const list = asks[0]?.listed?.list ?? ''
  return {
    of: list,
    rendering: chat.drawAsks({ list, asks, role: 'ask', reader: id, locale, mention: null, direct: false }),
  }
}
