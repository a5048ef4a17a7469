// @ts-check
/** How far a person has read, per place. Kept in the browser: Discord tells bots and us nothing about it. */
import { compareIds } from './snowflake.js'

export class ReadMarks {
  #key
  /** @type {{ since: string, read: Record<string, string> }} */
  #state
  /** @type {Map<string, Set<string>>} */
  #mentions = new Map()

  /** @param {string} personId */
  constructor(personId) {
    this.#key = `read:${personId}`
    this.#state = stored(this.#key)
  }

  /** The first visit: what was written before counts as read. @param {string} now an id of this moment */
  begin(now) {
    if (this.#state.since !== '0') return
    this.#state.since = now
    this.#save()
  }

  /** The id of the last message read in a place. @param {string} channelId */
  of(channelId) {
    return this.#state.read[channelId] ?? this.#state.since
  }

  /** @param {string} channelId @param {string} messageId */
  read(channelId, messageId) {
    this.#mentions.delete(channelId)
    if (compareIds(messageId, this.of(channelId)) <= 0) return
    this.#state.read[channelId] = messageId
    this.#save()
  }

  /** @param {string} channelId @param {string} messageId */
  mentioned(channelId, messageId) {
    const here = this.#mentions.get(channelId) ?? new Set()
    this.#mentions.set(channelId, here.add(messageId))
  }

  /** @param {string} channelId */
  mentionsIn(channelId) {
    return this.#mentions.get(channelId)?.size ?? 0
  }

  #save() {
    localStorage.setItem(this.#key, JSON.stringify(this.#state))
  }
}

/** @param {string} key */
function stored(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? 'null')
    if (typeof found?.since === 'string' && typeof found.read === 'object') return found
  } catch {
    // A mark nobody can read is worth no more than none.
  }
  return { since: '0', read: {} }
}
