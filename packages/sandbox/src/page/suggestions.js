// @ts-check
/** What the text box offers while one writes: the commands of a place, people, roles and channels. */
import { entriesOf } from './commands.js'
import { fitting } from './listbox.js'
import { mentionAt, mentionable } from './mention-list.js'
import { t } from './words.js'

/** @typedef {import('./store.js').Channel} Channel */
/** @typedef {{ items: import('./listbox.js').Item[], empty?: string, exact?: import('./commands.js').Entry }} Offer */

const SHOWN = 8

export class Suggestions {
  /** The last known index of commands, by guild or conversation. @type {Map<string, any>} */
  #indexes = new Map()
  #session

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.#session = session
  }

  /**
   * What fits the text now; a second offer follows when the commands had to be asked for.
   * @param {string} text
   * @param {number} caret
   * @param {Channel} channel
   * @returns {AsyncGenerator<Offer>}
   */
  async *offers(text, caret, channel) {
    if (/^\/[^\n]*$/.test(text)) {
      const known = this.#indexes.has(keyOf(channel))
      if (known) yield this.#commands(text, channel)
      // Asked again on every first stroke: commands may have been registered a moment ago.
      if (known && text.length > 1) return
      await this.learn(channel)
      yield this.#commands(text, channel)
      return
    }
    const mention = mentionAt(text, caret)
    const all = mention ? mentionable(mention.mark, this.#session.store, channel) : []
    yield { items: fitting(all, mention?.typed ?? '').slice(0, SHOWN) }
  }

  /** Reads the commands of a place. @param {Channel} channel @returns {Promise<any>} */
  async learn(channel) {
    const path = channel.guild_id ? `/guilds/${channel.guild_id}` : `/channels/${channel.id}`
    const index = await this.#session.act('GET', `${path}/application-command-index`)
    if (index) this.#indexes.set(keyOf(channel), index)
    return index
  }

  /** @param {Channel} channel */
  entries(channel) {
    return entriesOf(this.#indexes.get(keyOf(channel)) ?? {}, this.#session.store.me?.locale ?? 'en-US')
  }

  /** @param {string} text @param {Channel} channel @returns {Offer} */
  #commands(text, channel) {
    const entries = this.entries(channel)
    const typed = text.slice(1)
    // "/health " is as good as picking it, unless a longer command begins the same.
    const longer = entries.some((entry) => entry.title.startsWith(text))
    const exact = typed.endsWith(' ') && !longer ? entries.find((entry) => entry.title === text.trimEnd()) : undefined
    const items = entries.map(({ key, title, description, application }) => {
      return { value: key, title, detail: description, hint: application }
    })
    return { items: fitting(items, typed), empty: t('No such command'), ...(exact ? { exact } : {}) }
  }
}

/** @param {Channel} channel */
function keyOf(channel) {
  return channel.guild_id ?? channel.id
}
