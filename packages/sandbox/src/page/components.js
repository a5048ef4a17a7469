// @ts-check
/**
 * Message components, both generations: rows of buttons and selects, and the layout parts (container, section, text,
 * gallery …). Everything that can be pressed carries `data-act` and the custom id; messages.js listens by delegation.
 */
import { element, icon } from './element.js'
import { drawAttachment, safeUrl } from './embeds.js'
import { ICONS } from './icons.js'
import { drawMarkdown } from './markdown-view.js'
import { t } from './words.js'

/**
 * @typedef {object} Surroundings
 * @property {import('./markdown-view.js').Names} names
 * @property {import('./store.js').Message} message
 * @property {Map<string, string[]>} chosen values chosen in a select, by `<message id>:<custom id>`
 * @property {Set<string>} waiting custom ids whose answer is awaited
 */

const STYLES = ['', 'primary', 'secondary', 'success', 'danger', 'link', 'primary']
export const SELECTS = new Set([3, 5, 6, 7, 8])
const WHAT = new Map([
  [3, 'Choose'],
  [5, 'Choose a person'],
  [6, 'Choose a role'],
  [7, 'Choose a person or role'],
  [8, 'Choose a channel'],
])

/**
 * @param {any[]} components
 * @param {Surroundings} around
 * @returns {Node[]}
 */
export function drawComponents(components, around) {
  return components.map((component) => drawComponent(component, around)).filter((node) => node !== null)
}

/** @param {any} part @param {Surroundings} around @returns {Node | null} */
function drawComponent(part, around) {
  switch (part.type) {
    case 1:
      return element('div', { class: 'row' }, drawComponents(part.components, around))
    case 2:
      return button(part, around)
    case 9: {
      const body = element('div', { class: 'section-body' }, drawComponents(part.components, around))
      return element('div', { class: 'section' }, body, part.accessory && drawComponent(part.accessory, around))
    }
    case 10:
      return element('div', { class: 'content' }, drawMarkdown(part.content ?? '', around.names))
    case 11:
      return image(part.media?.url, part.description, 'embed-thumbnail')
    case 12: {
      const items = (part.items ?? []).map((/** @type {any} */ item) => image(item.media?.url, item.description, ''))
      return element('div', { class: 'gallery' }, items)
    }
    case 13:
      return file(part, around)
    case 14:
      return part.divider === false ? element('div', { class: 'gap' }) : element('hr')
    case 17: {
      const bar = part.accent_color ? `--bar: #${part.accent_color.toString(16).padStart(6, '0')}` : null
      return element('div', { class: 'embed container', style: bar }, drawComponents(part.components, around))
    }
    default:
      return SELECTS.has(part.type) ? select(part, around) : null
  }
}

/** @param {any} part @param {Surroundings} around */
function button(part, { waiting }) {
  const label = [part.emoji && !part.emoji.id ? part.emoji.name : null, part.label].filter(Boolean).join(' ')
  const href = safeUrl(part.url)
  if (part.style === 5 && href) {
    return element('a', { class: 'button link', href, target: '_blank', rel: 'noreferrer noopener' }, label, ' ↗')
  }
  const busy = waiting.has(part.custom_id)
  const attributes = {
    type: 'button',
    class: `button ${STYLES[part.style] ?? ''}`,
    'data-key': part.custom_id,
    'data-act': 'press',
    'data-custom': part.custom_id,
    disabled: part.disabled === true,
    'aria-busy': busy ? 'true' : null,
  }
  return element('button', attributes, label || '…')
}

/** @param {any} part @param {Surroundings} around */
function select(part, around) {
  const { message, chosen, waiting } = around
  const values = chosen.get(`${message.id}:${part.custom_id}`) ?? presetOf(part)
  const words = values.map((value) => titleOfValue(part, value, around)).join(', ')
  const attributes = {
    type: 'button',
    class: 'select',
    'data-key': part.custom_id,
    'data-act': 'select',
    'data-custom': part.custom_id,
    'aria-haspopup': 'listbox',
    'aria-busy': waiting.has(part.custom_id) ? 'true' : null,
    disabled: part.disabled === true,
  }
  const placeholder = element('span', { class: 'placeholder' }, part.placeholder ?? t(WHAT.get(part.type) ?? 'Choose'))
  return element('button', attributes, words ? element('span', {}, words) : placeholder, icon(ICONS.chevron))
}

/** What a select shows before anybody chose. @param {any} part @returns {string[]} */
export function presetOf(part) {
  if (part.type !== 3) return (part.default_values ?? []).map((/** @type {any} */ one) => one.id)
  return part.options
    .filter((/** @type {any} */ option) => option.default)
    .map((/** @type {any} */ option) => option.value)
}

/**
 * What a select offers, as lines of a list.
 * @param {any} part
 * @param {import('./markdown-view.js').Names} names
 * @returns {{ value: string, title: string, detail?: string }[]}
 */
export function choicesOf(part, { store, guildId }) {
  if (part.type === 3) {
    return part.options.map((/** @type {any} */ one) => {
      const title = one.emoji && !one.emoji.id ? `${one.emoji.name} ${one.label}` : one.label
      return { value: one.value, title, detail: one.description ?? undefined }
    })
  }
  const guild = guildId ? store.guilds.get(guildId) : undefined
  const people = [...(guild?.members.values() ?? [])].map(({ user }) => {
    return { value: user.id, title: store.nameOf(user.id, guildId), detail: user.username }
  })
  const roles = [...(guild?.roles.values() ?? [])].map((role) => ({ value: role.id, title: role.name, detail: 'role' }))
  if (part.type === 5) return people
  if (part.type === 6) return roles
  if (part.type === 7) return [...people, ...roles]
  const allowed = part.channel_types
  return [...store.channels.values()]
    .filter((channel) => channel.guild_id === guildId && (!allowed?.length || allowed.includes(channel.type)))
    .map((channel) => ({ value: channel.id, title: `#${store.titleOf(channel)}` }))
}

/** @param {any} part @param {string} value @param {Surroundings} around */
function titleOfValue(part, value, { names }) {
  return choicesOf(part, names).find((choice) => choice.value === value)?.title ?? value
}

/**
 * Finds the part with this custom id, however deep it lies.
 * @param {any[]} components
 * @param {string} customId
 * @returns {any}
 */
export function findComponent(components, customId) {
  for (const part of components ?? []) {
    if (part.custom_id === customId) return part
    const inside = [...(part.components ?? []), ...[part.accessory, part.component].filter(Boolean)]
    const found = findComponent(inside, customId)
    if (found) return found
  }
  return undefined
}

/** @param {unknown} url @param {string | undefined} description @param {string} className */
function image(url, description, className) {
  const src = safeUrl(url)
  return src ? element('img', { class: className, src, alt: description ?? '', loading: 'lazy' }) : null
}

/** @param {any} part @param {Surroundings} around */
function file(part, { message }) {
  const url = part.file?.url ?? ''
  const known = message.attachments?.find((one) => one.url === url || url.endsWith(one.filename))
  return drawAttachment({
    filename: known?.filename ?? part.name ?? 'file',
    url: known?.url ?? url,
    size: known?.size ?? part.size ?? 0,
  })
}
