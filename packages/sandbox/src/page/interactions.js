// @ts-check
/**
 * Commands, buttons, selects, modals and autocomplete as Discord's own client does them: POST /interactions with a
 * nonce, the outcome over the gateway under the same nonce. No outcome within a few seconds is a failure too.
 */
import { mintId } from './snowflake.js'
import { t } from './words.js'

/** Discord gives an application 3 s and then says so; this is for a line that broke in between. */
const PATIENCE = 8000
const NO_ANSWER = () => t('The application did not respond.')

export class Interactions {
  #session
  /** Outstanding: nonce → place. @type {Map<string, string>} */
  #open = new Map()
  /** @type {Map<string, (failed: string | null) => void>} */
  #outcomes = new Map()
  /** @type {Map<string, (choices: any[]) => void>} */
  #completions = new Map()

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.#session = session
  }

  /**
   * Runs a command.
   * @param {string} channelId
   * @param {{ title: string, command: any, data: any, files?: File[], again?: unknown }} call `again`: what the text
   *   box needs to offer the same call once more after a failure
   */
  run(channelId, { title, command, data, files = [], again = null }) {
    return this.#ask(channelId, { type: 2, application_id: command.application_id, data }, { title, files, again })
  }

  /**
   * A button pressed or a select chosen.
   * @param {import('./store.js').Message} message
   * @param {{ component_type: number, custom_id: string, values?: string[] }} data
   */
  component(message, data) {
    const body = {
      type: 3,
      application_id: message.application_id ?? message.author.id,
      message_id: message.id,
      message_flags: message.flags ?? 0,
      data,
    }
    return this.#ask(message.channel_id, body, { title: '', messageId: message.id, customId: data.custom_id })
  }

  /**
   * Sends a form.
   * @param {any} modal what INTERACTION_MODAL_CREATE brought
   * @param {any[]} components
   * @param {File[]} [files]
   * @returns {Promise<string | null>} why it did not arrive, null when the application answered
   */
  submit(modal, components, files = []) {
    const application = modal.application?.id ?? modal.application_id
    const data = { id: modal.id, custom_id: modal.custom_id, components }
    return this.#ask(
      modal.channel_id,
      { type: 5, application_id: application, data },
      { title: '', files, shown: false },
    )
  }

  /**
   * Asks the application for choices; an application that stays silent has none.
   * @param {string} channelId
   * @param {any} command
   * @param {any} data with one option marked `focused`
   * @returns {Promise<{ name: string, value: string | number }[]>}
   */
  complete(channelId, command, data) {
    const nonce = mintId()
    return new Promise((resolve) => {
      const end = (/** @type {any[]} */ choices) => {
        clearTimeout(timer)
        this.#completions.delete(nonce)
        resolve(choices)
      }
      const timer = setTimeout(() => end([]), PATIENCE)
      this.#completions.set(nonce, end)
      const body = this.#body(channelId, nonce, { type: 4, application_id: command.application_id, data })
      this.#session.rest.call('POST', '/interactions', body).catch(() => end([]))
    })
  }

  /** @param {string} type @param {any} data */
  hear(type, data) {
    const nonce = data?.nonce === undefined ? undefined : String(data.nonce)
    if (nonce === undefined) return
    if (type === 'APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE') this.#completions.get(nonce)?.(data.choices ?? [])
    if (type === 'INTERACTION_SUCCESS') this.#end(nonce, null)
    if (type === 'INTERACTION_FAILURE') this.#end(nonce, NO_ANSWER())
    if (type === 'INTERACTION_MODAL_CREATE' && this.#open.has(nonce)) {
      const channelId = this.#open.get(nonce)
      this.#end(nonce, null)
      this.#session.onModal({ channel_id: channelId, ...data })
    }
  }

  /**
   * @param {string} channelId
   * @param {any} part
   * @param {{ title: string, files?: File[], messageId?: string, customId?: string, again?: unknown, shown?: boolean }} look
   *   `shown` false: whoever asks shows the outcome, not the channel
   * @returns {Promise<string | null>} why it failed, null when the application answered
   */
  async #ask(channelId, part, { title, files = [], messageId, customId, again = null, shown = true }) {
    const nonce = mintId()
    const log = this.#session.store.log(channelId)
    const about = {
      messageId: messageId ?? null,
      customId: customId ?? null,
      applicationId: part.application_id,
      again,
    }
    // An older failure on the same message has been answered by this new attempt.
    for (const [key, one] of log.asking) if (one.failed && one.messageId === about.messageId) log.asking.delete(key)
    if (shown) log.asking.set(nonce, { nonce, title, failed: null, ...about })
    const outcome = new Promise((/** @type {(failed: string | null) => void} */ resolve) =>
      this.#outcomes.set(nonce, resolve),
    )
    this.#open.set(nonce, channelId)
    this.#session.store.touch(`messages:${channelId}`)
    setTimeout(() => this.#end(nonce, NO_ANSWER()), PATIENCE)
    try {
      await this.#session.rest.call('POST', '/interactions', this.#body(channelId, nonce, part), { files })
    } catch (error) {
      this.#end(nonce, error instanceof Error ? error.message : String(error))
    }
    return outcome
  }

  /** @param {string} channelId @param {string} nonce @param {any} part */
  #body(channelId, nonce, part) {
    const { store, connection } = this.#session
    const guild = store.channels.get(channelId)?.guild_id
    const session = connection.sessionId
    const common = { channel_id: channelId, nonce, ...(session ? { session_id: session } : {}) }
    return { ...part, ...common, ...(guild ? { guild_id: guild } : {}) }
  }

  /** @param {string} nonce @param {string | null} failed */
  #end(nonce, failed) {
    const channelId = this.#open.get(nonce)
    if (channelId === undefined) return
    this.#open.delete(nonce)
    this.#outcomes.get(nonce)?.(failed)
    this.#outcomes.delete(nonce)
    const { asking } = this.#session.store.log(channelId)
    const one = asking.get(nonce)
    if (one && failed) one.failed = failed
    else asking.delete(nonce)
    this.#session.store.touch(`messages:${channelId}`)
  }
}
