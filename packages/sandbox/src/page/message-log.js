// @ts-check
/** The messages of one place as this person sees them, oldest first, with what is still on its way. */
import { compareIds } from './snowflake.js'

/** @typedef {import('./store.js').Message} Message */
/** @typedef {{ nonce: string, content: string, files: File[], replyTo: string | null, at: number, failed: string | null }} Outgoing */
/** @typedef {{ nonce: string, title: string, failed: string | null, messageId: string | null, customId: string | null, applicationId: string, again: unknown }} Asking */

export class MessageLog {
  /** @type {Map<string, Message>} */
  #messages = new Map()
  /** Own messages Discord has not confirmed. @type {Map<string, Outgoing>} */
  outgoing = new Map()
  /** Interactions without an outcome, and failed ones. @type {Map<string, Asking>} */
  asking = new Map()
  /** What was chosen in a select, until its message changes. @type {Map<string, string[]>} */
  chosen = new Map()
  /** The history must be read (again). */
  stale = true
  /** What the gateway said while a history was under way: it may be newer than that history. @type {(() => void)[] | null} */
  #meanwhile = null
  /** Nothing older exists. */
  complete = false

  get list() {
    return [...this.#messages.values()].toSorted((a, b) => compareIds(a.id, b.id))
  }

  get loading() {
    return this.#meanwhile !== null
  }

  set loading(on) {
    this.#meanwhile = on ? [] : null
  }

  get size() {
    return this.#messages.size
  }

  /** @param {string} id */
  get(id) {
    return this.#messages.get(id)
  }

  /** @param {Message} message */
  put(message) {
    this.#meanwhile?.push(() => this.put(message))
    this.#messages.set(message.id, message)
    if (message.nonce !== undefined) this.outgoing.delete(String(message.nonce))
  }

  /** A partial update; one for an unknown message is of no use. @param {{ id: string } & Partial<Message>} change */
  change(change) {
    this.#meanwhile?.push(() => this.change(change))
    const known = this.#messages.get(change.id)
    if (known) this.#messages.set(change.id, { ...known, ...change })
    for (const key of this.chosen.keys()) if (key.startsWith(`${change.id}:`)) this.chosen.delete(key)
  }

  /** @param {string} id */
  remove(id) {
    this.#meanwhile?.push(() => this.remove(id))
    this.#messages.delete(id)
  }

  /**
   * The newest page of a history: replaces what was known from it on, keeps ephemeral messages.
   * @param {Message[]} page newest first, as Discord answers
   * @param {number} limit what was asked for
   */
  begin(page, limit) {
    for (const message of this.#messages.values()) {
      if (((message.flags ?? 0) & 64) === 0) this.#messages.delete(message.id)
    }
    this.stale = false
    this.prepend(page, limit)
  }

  /**
   * Forgets the oldest messages when there are more than `most`; they can be read again.
   * @param {number} most
   * @param {number} keep
   */
  trim(most, keep) {
    if (this.size <= most || this.loading) return
    for (const { id } of this.list.slice(0, -keep)) this.#messages.delete(id)
    this.complete = false
  }

  /** @param {Message[]} page older messages @param {number} limit */
  prepend(page, limit) {
    const meanwhile = this.#meanwhile ?? []
    this.#meanwhile = null
    for (const message of page) this.put(message)
    for (const again of meanwhile) again()
    this.complete = page.length < limit
  }

  /**
   * @param {string} id
   * @param {any} emoji
   * @param {1 | -1} by
   * @param {boolean} mine
   */
  react(id, emoji, by, mine) {
    const message = this.#messages.get(id)
    if (!message) return
    const reactions = (message.reactions ?? []).map((one) => ({ ...one }))
    const name = (/** @type {any} */ one) => one.id ?? one.name
    let one = reactions.find((reaction) => name(reaction.emoji) === name(emoji))
    if (!one) {
      one = /** @type {any} */ ({ emoji, count: 0, me: false })
      reactions.push(/** @type {any} */ (one))
    }
    if (!one) return
    one.count += by
    if (mine) one.me = by > 0
    this.#messages.set(id, { ...message, reactions: reactions.filter((reaction) => reaction.count > 0) })
  }
}
