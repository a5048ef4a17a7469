// @ts-check
/** What a person can do with a message: reply, edit, react, start a thread, delete, and the commands of applications. */
import { askText, choose } from './chooser.js'
import { menuCommands } from './commands.js'
import { THREAD_TYPES } from './store.js'
import { t } from './words.js'

const REACTIONS = [
  ['👍', 'thumbs up'],
  ['👎', 'thumbs down'],
  ['✅', 'done'],
  ['👀', 'looking'],
  ['❤️', 'heart'],
  ['🎉', 'party'],
]
/** The longest Discord knows: a week. */
const ARCHIVE_AFTER = 10_080

export class MessageMenu {
  #page

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
  }

  /**
   * @param {string} act
   * @param {import('./store.js').Message} message
   * @param {Element} anchor
   */
  async act(act, message, anchor) {
    const { composer } = this.#page
    if (act === 'reply') composer.reply(message)
    else if (act === 'edit') composer.edit(message)
    else if (act === 'thread') await this.#thread(message)
    else if (act === 'react') await this.#react(message, anchor)
    else if (act === 'toggle') await this.#toggle(message, anchor)
    else if (act === 'more') await this.#more(message, anchor)
  }

  /** @param {import('./store.js').Message} message */
  async #thread(message) {
    const { session } = this.#page
    if (THREAD_TYPES.has(session.store.channels.get(message.channel_id)?.type ?? 0)) {
      this.#page.say(t('A thread cannot be started inside a thread.'))
      return
    }
    const wish = await askText({
      title: t('Start a thread'),
      label: t('Name'),
      action: t('Start'),
      value: message.content.slice(0, 40),
    })
    if (!wish) return
    const path = `/channels/${message.channel_id}/messages/${message.id}/threads`
    const thread = await session.act('POST', path, { name: wish.text, auto_archive_duration: ARCHIVE_AFTER })
    if (!thread) return
    session.store.putChannel(thread)
    this.#page.go(thread.id)
  }

  /** @param {import('./store.js').Message} message @param {Element} anchor */
  async #react(message, anchor) {
    const items = REACTIONS.map(([value, detail]) => ({
      value: value ?? '',
      title: value ?? '',
      detail: t(detail ?? ''),
    }))
    const chosen = await choose({ title: t('Add a reaction'), items, anchor })
    if (chosen?.[0]) await this.#page.session.act('PUT', reactionPath(message, chosen[0]))
  }

  /** @param {import('./store.js').Message} message @param {Element} chip */
  async #toggle(message, chip) {
    const emoji = chip.getAttribute('data-emoji') ?? ''
    await this.#page.session.act(
      chip.getAttribute('aria-pressed') === 'true' ? 'DELETE' : 'PUT',
      reactionPath(message, emoji),
    )
  }

  /** @param {import('./store.js').Message} message @param {Element} anchor */
  async #more(message, anchor) {
    const { session, composer } = this.#page
    const { store } = session
    const channel = store.channels.get(message.channel_id)
    const index = channel ? await composer.suggestions.learn(channel) : undefined
    const commands = menuCommands(index ?? {}, 3)
    const mine = message.author.id === store.me?.id
    const chosen = await choose({
      title: t('Message'),
      anchor,
      items: [
        ...commands.map((command) => ({ value: `command ${command.id}`, title: command.name, detail: t('Command') })),
        { value: 'copy', title: t('Copy the text') },
        { value: 'id', title: t('Copy the id') },
        { value: 'pin', title: message.pinned ? t('Unpin') : t('Pin') },
        ...(mine || this.#mayManage(channel) ? [{ value: 'delete', title: t('Delete'), danger: true }] : []),
      ],
    })
    const what = chosen?.[0]
    if (what === 'copy') await navigator.clipboard.writeText(message.content)
    else if (what === 'id') await navigator.clipboard.writeText(message.id)
    else if (what === 'pin')
      await session.act(
        message.pinned ? 'DELETE' : 'PUT',
        `/channels/${message.channel_id}/messages/pins/${message.id}`,
      )
    else if (what === 'delete') await session.act('DELETE', `/channels/${message.channel_id}/messages/${message.id}`)
    else if (what?.startsWith('command ')) {
      const command = commands.find((one) => `command ${one.id}` === what)
      const data = {
        id: command.id,
        name: command.name,
        type: 3,
        version: command.version,
        target_id: message.id,
        options: [],
        attachments: [],
      }
      void session.interactions.run(message.channel_id, { title: command.name, command, data })
    }
  }

  /** The guild's owner may delete what others wrote; finer rights are Discord's to judge. @param {import('./store.js').Channel | undefined} channel */
  #mayManage(channel) {
    const { store } = this.#page.session
    return channel?.guild_id !== undefined && store.guilds.get(channel.guild_id)?.owner_id === store.me?.id
  }
}

/** @param {import('./store.js').Message} message @param {string} emoji */
function reactionPath(message, emoji) {
  return `/channels/${message.channel_id}/messages/${message.id}/reactions/${encodeURIComponent(emoji)}/@me`
}
