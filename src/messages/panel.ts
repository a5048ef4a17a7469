import type { Panel } from '../core/panel.ts'
import type { Chat } from '../core/chat.ts'
import type { PersonId } from '../core/ids.ts'
import type { Owner, Posting } from '../core/message.ts'
import type { Place } from '../core/place.ts'
import type { Urgency } from './pace.ts'
import type { Concern, MessageSource, Wanted } from './source.ts'

export interface PanelTools {
  readonly chat: Chat
  /** OMC_OWNER_USER_ID: who gets what arises in a channel; null: it stands there. */
  readonly owner: PersonId | null
}

/** A word with buttons: it changes until it has none. */
export class PanelSubject implements MessageSource {
  readonly owner: Owner
  readonly #panel: () => Panel
  readonly #tools: PanelTools

  /** `panel` gives what it shows at the moment. */
  constructor(panel: () => Panel, tools: PanelTools) {
    this.owner = `panel:${panel().key}`
    this.#panel = panel
    this.#tools = tools
  }

  async wanted(postings: readonly Posting[]): Promise<Wanted> {
    const { chat } = this.#tools
    const { key, text, buttons, locale, mention, card } = this.#panel()
    const isOver = buttons.length === 0 || card !== undefined
    const place = await this.#placeFor(postings)
    const message = {
      role: 'panel',
      place,
      rendering: chat.panel(key, text, buttons, card),
      replyTo: null,
      mention: place.kind === 'dm' ? null : mention,
      locale,
      steady: true,
      asks: buttons.length > 0,
      pinned: false,
      goesOn: 'no',
      whenDeleted: isOver ? 'enough' : 'again',
    } as const
    return {
      messages: [message],
      ordered: false,
      exact: true,
      over: isOver,
      againInMs: null,
      typingIn: null,
    }
  }

  urgencyOf(): Urgency {
    return 'question'
  }

  concern(): Concern | null {
    return null
  }

  async #placeFor(postings: readonly Posting[]): Promise<Place> {
    const { chat, owner } = this.#tools
    const { place, card } = this.#panel()
    const before = postings.find(({ message }) => message !== null)?.place
    if (before !== undefined) return before
    if (card !== undefined) return place
    const direct = place.kind === 'channel' && owner !== null ? await chat.dm(owner) : null
    return direct ?? place
  }
}
