// @ts-check
/** One message as DOM, drawn anew on every change and morphed into place; nothing in here listens to anything. */
import { avatar } from './avatar.js'
import { drawComponents } from './components.js'
import { element, icon } from './element.js'
import { drawAttachment, drawEmbed, sizeOf } from './embeds.js'
import { ICONS } from './icons.js'
import { drawMarkdown, plainLine } from './markdown-view.js'
import { timeOf } from './snowflake.js'
import { format } from './timestamps.js'
import { t } from './words.js'

/** @typedef {import('./store.js').Message} Message */
/** @typedef {{ store: import('./store.js').Store, log: import('./message-log.js').MessageLog, guildId: string | undefined, editing: string | null }} Scene */

const EPHEMERAL = 64
const LOADING = 128
/** Messages Discord writes itself, by type. @type {Record<number, (message: Message) => string>} */
const SYSTEM = {
  1: () => t('added somebody.'),
  2: () => t('removed somebody.'),
  4: (message) => t('changed the name: {0}', message.content),
  6: () => t('pinned a message.'),
  7: () => t('is here now.'),
  18: (message) => t('started a thread: {0}', message.content),
}

/**
 * @param {Message} message
 * @param {{ compact: boolean }} layout
 * @param {Scene} scene
 * @returns {HTMLElement}
 */
export function drawMessage(message, { compact }, scene) {
  const starter = message.type === 21 ? message.referenced_message : undefined
  // The first line of a thread stands for the message it was started from.
  if (starter) return drawMessage({ ...starter, id: message.id, thread: undefined, type: 0 }, { compact }, scene)
  const { store, log, guildId } = scene
  const ephemeral = ((message.flags ?? 0) & EPHEMERAL) !== 0
  const mentionsMe = (message.mentions ?? []).some((user) => user.id === store.me?.id)
  const failures = [...log.asking.values()].filter((one) => one.messageId === message.id && one.failed)
  const classes = ['message', compact && 'compact', ephemeral && 'ephemeral', mentionsMe && 'mentions-me']
  const attributes = {
    class: classes.filter(Boolean).join(' '),
    'data-key': message.id,
    'data-message': message.id,
    role: 'article',
    tabindex: -1,
    'aria-label': `${nameOf(message, scene)}, ${format(timeOf(message.id), 't')}`,
  }
  const system = SYSTEM[message.type]
  return element(
    'div',
    attributes,
    above(message, scene),
    element('div', { class: 'face' }, compact ? moment(message.id) : avatar(message.author)),
    element(
      'div',
      { class: 'body' },
      !compact && heading(message, scene),
      system ? element('div', { class: 'content system' }, system(message)) : content(message, scene),
      (message.attachments ?? []).length > 0 &&
        !isV2(message) &&
        element('div', { class: 'attachments' }, message.attachments.map(drawAttachment)),
      ...(message.embeds ?? []).map((embed) => drawEmbed(embed, { store, guildId })),
      components(message, scene),
      reactions(message),
      threadOf(message, store),
      failures.map((one) => element('div', { class: 'failure', role: 'alert' }, one.failed)),
      ephemeral && ephemeralLine(message),
    ),
    tools(message, scene, ephemeral),
  )
}

/** @param {Message} message */
function isV2(message) {
  return ((message.flags ?? 0) & 32_768) !== 0
}

/** @param {Message} message @param {Scene} scene */
function nameOf(message, { store, guildId }) {
  if (message.webhook_id && !message.application_id) return message.author.username
  store.learn(message.author)
  return store.nameOf(message.author.id, guildId)
}

/**
 * The line over a message: what it answers, or the command it came from.
 * @param {Message} message
 * @param {Scene} scene
 */
function above(message, scene) {
  const { store, guildId, log } = scene
  const used = /** @type {any} */ (message).interaction_metadata ?? message.interaction
  // An answer to a button quotes the message with the button, which Discord does not send along.
  const pressed = used ? log.get(used.interacted_message_id ?? message.message_reference?.message_id ?? '') : undefined
  const answered = message.referenced_message ?? pressed
  if (answered) return quoted(answered, scene)
  const name = message.interaction?.name ?? used?.name ?? used?.triggering_interaction_metadata?.name
  if (name) {
    const who = store.nameOf(used.user?.id ?? '', guildId)
    return element('div', { class: 'above' }, element('strong', {}, who), t(' used '), element('code', {}, `/${name}`))
  }
  if (message.referenced_message !== null || message.type !== 19) return null
  return element('div', { class: 'above' }, icon(ICONS.reply), t('Original message was deleted'))
}

/** @param {Message} answered @param {Scene} scene */
function quoted(answered, scene) {
  const embed = answered.embeds?.[0]
  const words = [answered.content, embed?.title, embed?.description].find(Boolean) ?? t('Attachment')
  return element(
    'button',
    { type: 'button', class: 'above', 'data-act': 'jump', 'data-to': answered.id },
    icon(ICONS.reply),
    element('strong', {}, `@${nameOf(answered, scene)}`),
    element('span', {}, plainLine(words, scene).slice(0, 120)),
  )
}

/** @param {Message} message @param {Scene} scene */
function heading(message, scene) {
  const { store, guildId } = scene
  const colour = roleColour(store, guildId, message.author.id)
  return element(
    'div',
    { class: 'heading' },
    element(
      'button',
      {
        type: 'button',
        class: 'author',
        'data-act': 'person',
        'data-user': message.author.id,
        style: colour ? `--role: ${colour}` : null,
      },
      nameOf(message, scene),
    ),
    (message.author.bot || message.webhook_id) && element('span', { class: 'tag' }, t('APP')),
    moment(message.id),
  )
}

/** @param {import('./store.js').Store} store @param {string | undefined} guildId @param {string} userId */
export function roleColour(store, guildId, userId) {
  const guild = guildId ? store.guilds.get(guildId) : undefined
  const ids = guild?.members.get(userId)?.roles ?? []
  const coloured = ids.map((id) => guild?.roles.get(id)).filter((role) => role && colourOf(role) > 0)
  const top = coloured.toSorted((a, b) => (b?.position ?? 0) - (a?.position ?? 0))[0]
  return top ? `#${colourOf(top).toString(16).padStart(6, '0')}` : null
}

/** @param {import('./store.js').Role} role */
function colourOf(role) {
  return role.colors?.primary_color || role.color || 0
}

/** @param {string} id */
function moment(id) {
  const at = timeOf(id)
  const today = new Date(at).toDateString() === new Date().toDateString()
  return element(
    'time',
    { class: 'moment', datetime: new Date(at).toISOString(), title: format(at, 'F') },
    format(at, today ? 't' : 's'),
  )
}

/** @param {Message} message @param {Scene} scene */
function content(message, { store, guildId, editing }) {
  if (((message.flags ?? 0) & LOADING) !== 0) {
    return element(
      'div',
      { class: 'content thinking' },
      element('span', { class: 'dots', 'aria-hidden': 'true' }),
      t('is thinking …'),
    )
  }
  if (!message.content && !message.edited_timestamp) return null
  if (editing === message.id)
    return element('div', { class: 'content being-edited' }, t('You are editing this message.'))
  const edited = message.edited_timestamp && !message.author.bot
  const mark =
    edited &&
    element(
      'span',
      { class: 'edited', title: format(Date.parse(String(message.edited_timestamp)), 'F') },
      t('(edited)'),
    )
  return message.content
    ? element('div', { class: 'content' }, drawMarkdown(message.content, { store, guildId }), mark)
    : null
}

/** @param {Message} message @param {Scene} scene */
function components(message, { store, log, guildId }) {
  const parts = /** @type {any[]} */ (message.components ?? [])
  if (parts.length === 0) return null
  const open = [...log.asking.values()].filter((one) => one.messageId === message.id && !one.failed)
  const waiting = new Set(open.map((one) => String(one.customId)))
  return element(
    'div',
    { class: 'components' },
    drawComponents(parts, { names: { store, guildId }, message, chosen: log.chosen, waiting }),
  )
}

/** @param {Message} message */
function reactions(message) {
  const list = message.reactions ?? []
  if (list.length === 0) return null
  const chips = list.map(({ emoji, count, me }) => {
    const name = emoji.name ?? '?'
    const code = emoji.id ? `${name}:${emoji.id}` : name
    const attributes = {
      type: 'button',
      class: 'reaction',
      'data-act': 'toggle',
      'data-emoji': code,
      'aria-pressed': String(me),
      'aria-label': `${name}, ${count}`,
    }
    return element('button', attributes, emoji.id ? `:${name}:` : name, element('span', {}, count))
  })
  return element('div', { class: 'reactions' }, chips)
}

/** @param {Message} message @param {import('./store.js').Store} store */
function threadOf(message, store) {
  const id = message.thread?.id ?? (message.type === 18 ? message.message_reference?.channel_id : undefined)
  const thread = id ? (store.channels.get(id) ?? message.thread) : undefined
  if (!id || !thread) return null
  return element(
    'button',
    { type: 'button', class: 'thread-link', 'data-act': 'go', 'data-channel': id },
    icon(ICONS.thread),
    thread.name ?? t('Thread'),
  )
}

/** @param {Message} message */
function ephemeralLine(message) {
  const dismiss = element(
    'button',
    { type: 'button', class: 'as-link', 'data-act': 'dismiss', 'data-message': message.id },
    t('Dismiss'),
  )
  return element('div', { class: 'only-you' }, t('Only you can see this'), ' · ', dismiss)
}

/** @param {Message} message @param {Scene} scene @param {boolean} ephemeral */
function tools(message, { store }, ephemeral) {
  if (ephemeral) return null
  const mine = message.author.id === store.me?.id
  const tool = (/** @type {string} */ act, /** @type {string} */ label, /** @type {string} */ path) =>
    element('button', { type: 'button', 'data-act': act, title: label, 'aria-label': label }, icon(path))
  return element(
    'div',
    { class: 'tools', role: 'toolbar', 'aria-label': t('Message') },
    tool('react', t('Add a reaction'), ICONS.react),
    tool('reply', t('Reply'), ICONS.reply),
    mine && tool('edit', t('Edit'), ICONS.edit),
    tool('thread', t('Start a thread'), ICONS.thread),
    tool('more', t('More'), ICONS.more),
  )
}

/**
 * A message of ours that Discord has not confirmed.
 * @param {import('./message-log.js').Outgoing} outgoing
 * @param {Scene} scene
 */
export function drawOutgoing(outgoing, { store, guildId }) {
  const { nonce, failed } = outgoing
  const name = store.me ? store.nameOf(store.me.id, guildId) : t('You')
  return element(
    'div',
    { class: `message outgoing ${failed ? 'failed' : ''}`, 'data-key': `out-${nonce}`, 'data-nonce': nonce },
    element('div', { class: 'face' }, avatar(store.me ?? undefined)),
    element(
      'div',
      { class: 'body' },
      element('div', { class: 'heading' }, element('span', { class: 'author' }, name)),
      element('div', { class: 'content' }, drawMarkdown(outgoing.content, { store, guildId })),
      outgoing.files.map((file) =>
        element(
          'div',
          { class: 'attached-file' },
          icon(ICONS.file),
          file.name,
          element('small', {}, sizeOf(file.size)),
        ),
      ),
      failed &&
        element(
          'div',
          { class: 'failure', role: 'alert' },
          t('Not sent. {0} ', failed),
          element('button', { type: 'button', class: 'as-link', 'data-act': 'again' }, t('Try again')),
          ' · ',
          element('button', { type: 'button', class: 'as-link', 'data-act': 'take-back' }, t('Back to the text box')),
        ),
    ),
  )
}

/**
 * A command without an outcome yet, or one that failed.
 * @param {import('./message-log.js').Asking} asking
 * @param {Scene} scene
 */
export function drawAsking(asking, { store, guildId }) {
  const bot = store.users.get(asking.applicationId)
  return element(
    'div',
    {
      class: `message asking ${asking.failed ? 'failed' : ''}`,
      'data-key': `ask-${asking.nonce}`,
      'data-nonce': asking.nonce,
    },
    asking.title &&
      element(
        'div',
        { class: 'above' },
        element('strong', {}, store.nameOf(store.me?.id ?? '', guildId)),
        t(' used '),
        element('code', {}, asking.title),
      ),
    element('div', { class: 'face' }, avatar(bot)),
    element(
      'div',
      { class: 'body' },
      bot &&
        element(
          'div',
          { class: 'heading' },
          element('span', { class: 'author' }, store.nameOf(bot.id, guildId)),
          element('span', { class: 'tag' }, t('APP')),
        ),
      asking.failed
        ? element('div', { class: 'failure', role: 'alert' }, asking.failed)
        : element(
            'div',
            { class: 'content thinking' },
            element('span', { class: 'dots', 'aria-hidden': 'true' }),
            asking.title ? t('Sending the command …') : t('Sending …'),
          ),
      asking.failed &&
        element(
          'div',
          { class: 'only-you' },
          t('Only you can see this · '),
          asking.again
            ? [element('button', { type: 'button', class: 'as-link', 'data-act': 'refill' }, t('Try again')), ' · ']
            : null,
          element('button', { type: 'button', class: 'as-link', 'data-act': 'forget' }, t('Dismiss')),
        ),
    ),
  )
}
