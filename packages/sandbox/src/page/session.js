// @ts-check
/**
 * One person in one tab: the line, the store, and everything this person can do. Views call these verbs and never
 * the wire. `close()` ends the line and every call under way.
 */
import { Connection } from './connection.js'
import { Interactions } from './interactions.js'
import { Refused, Rest } from './rest.js'
import { mintId } from './snowflake.js'
import { Store } from './store.js'
import { t } from './words.js'

const PAGE = 50
const TYPING_EVERY = 8000

export class Session {
  #lastTyping = 0
  /** The place on screen. @type {string | null} */
  place = null
  /** Called with what went wrong, in words for the person. @type {(text: string) => void} */
  onTrouble = () => {}
  /** @type {(modal: any) => void} */
  onModal = () => {}

  /** @param {{ user: import('./store.js').User, token: string, note?: string | Record<string, string> }} person */
  constructor(person) {
    this.person = person
    this.store = new Store(person.user.id)
    this.rest = new Rest(person.token)
    this.connection = new Connection({
      token: person.token,
      onDispatch: (type, data) => this.#hear(type, data),
      onState: (state) => this.store.setLine(state),
    })
    this.interactions = new Interactions(this)
  }

  open() {
    this.connection.open()
  }

  close() {
    this.connection.close()
    this.rest.close()
  }

  /** @param {string} type @param {any} data */
  #hear(type, data) {
    this.store.apply(type, data)
    this.interactions.hear(type, data)
    if (type === 'READY' && this.place) void this.enter(this.place)
  }

  /** Shows a place: reads its history unless it is known already. @param {string} channelId */
  async enter(channelId) {
    this.place = channelId
    const log = this.store.log(channelId)
    if (!log.stale || log.loading || !this.store.channels.has(channelId)) return
    log.loading = true
    this.store.touch(`messages:${channelId}`)
    try {
      const page = await this.rest.call('GET', `/channels/${channelId}/messages?limit=${PAGE}`)
      for (const message of page) this.store.learnFrom(message)
      log.begin(page, PAGE)
    } catch (error) {
      this.#say(error)
    } finally {
      log.loading = false
      this.store.touch(`messages:${channelId}`)
    }
  }

  /** @param {string} channelId */
  async readOlder(channelId) {
    const log = this.store.log(channelId)
    const oldest = log.list.find((message) => ((message.flags ?? 0) & 64) === 0)
    if (log.loading || log.complete || log.stale || !oldest) return
    log.loading = true
    try {
      const path = `/channels/${channelId}/messages?limit=${PAGE}&before=${oldest.id}`
      const page = await this.rest.call('GET', path)
      for (const message of page) this.store.learnFrom(message)
      log.prepend(page, PAGE)
    } catch (error) {
      this.#say(error)
    } finally {
      log.loading = false
      this.store.touch(`messages:${channelId}`)
    }
  }

  /**
   * Sends a message and shows it at once. It is kept until Discord has it; a failed one stays, to be sent again.
   * @param {string} channelId
   * @param {{ content: string, files?: File[], replyTo?: string | null }} draft
   */
  send(channelId, { content, files = [], replyTo = null }) {
    const nonce = mintId()
    const outgoing = { nonce, content, files, replyTo, at: Date.now(), failed: null }
    this.store.log(channelId).outgoing.set(nonce, outgoing)
    return this.sendAgain(channelId, nonce)
  }

  /** @param {string} channelId @param {string} nonce */
  async sendAgain(channelId, nonce) {
    const log = this.store.log(channelId)
    const outgoing = log.outgoing.get(nonce)
    if (!outgoing) return
    outgoing.failed = null
    this.store.touch(`messages:${channelId}`)
    const { content, files, replyTo } = outgoing
    const body = {
      content,
      nonce,
      // The same nonce twice is the same message: an attempt whose answer was lost can be repeated safely.
      enforce_nonce: true,
      ...(replyTo ? { message_reference: { message_id: replyTo, channel_id: channelId } } : {}),
      ...(files.length > 0 ? { attachments: files.map((file, id) => ({ id: String(id), filename: file.name })) } : {}),
    }
    try {
      const sent = await this.rest.call('POST', `/channels/${channelId}/messages`, body, { files, again: true })
      log.outgoing.delete(nonce)
      if (!log.get(sent.id)) this.store.received(sent)
    } catch (error) {
      outgoing.failed = error instanceof Error ? error.message : String(error)
    }
    this.store.touch(`messages:${channelId}`)
  }

  /** @param {string} channelId */
  typing(channelId) {
    if (Date.now() - this.#lastTyping < TYPING_EVERY) return
    this.#lastTyping = Date.now()
    // A lost typing mark is not worth a word.
    this.rest.call('POST', `/channels/${channelId}/typing`).catch(() => {})
  }

  /** The next keystroke tells the others anew (a message went out and took the mark away). */
  typed() {
    this.#lastTyping = 0
  }

  /**
   * Any other call of this person; a refusal is shown and answered with undefined.
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async act(method, path, body) {
    try {
      return await this.rest.call(method, path, body)
    } catch (error) {
      this.#say(error)
      return undefined
    }
  }

  /** @param {unknown} error */
  #say(error) {
    this.onTrouble(error instanceof Refused ? error.message : t('Something in this page is wrong: {0}', String(error)))
  }
}
