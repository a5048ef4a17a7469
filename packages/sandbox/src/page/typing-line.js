// @ts-check
/** "Mina is typing …", for as long as it is true. */
import { element } from './element.js'
import { spoken, t } from './words.js'

const NAMED = 3

export class TypingLine {
  #store
  /** @type {string | null} */
  #place = null

  /** @param {import('./store.js').Store} store */
  constructor(store) {
    this.#store = store
    this.element = element('div', { class: 'typing', 'aria-live': 'polite' })
  }

  /** @param {string} place */
  enter(place) {
    this.#place = place
    this.draw()
  }

  draw() {
    const here = this.#store.typing.get(this.#place ?? '') ?? new Map()
    const now = Date.now()
    for (const [id, until] of here) if (until <= now) here.delete(id)
    const guildId = this.#store.channels.get(this.#place ?? '')?.guild_id
    const names = [...here.keys()].map((id) => this.#store.nameOf(id, guildId))
    const who = new Intl.ListFormat(spoken()).format(names)
    const many = names.length > NAMED ? t('Several people are typing …') : t('{0} are typing …', who)
    const words = names.length === 0 ? '' : names.length === 1 ? t('{0} is typing …', who) : many
    if (this.element.dataset['words'] === words) return
    this.element.dataset['words'] = words
    this.element.replaceChildren(...(words ? [element('span', { class: 'dots', 'aria-hidden': 'true' }), words] : []))
  }
}
