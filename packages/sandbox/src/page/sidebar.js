// @ts-check
/** The left side: who one is, where one can go, what is unread. */
import { avatar } from './avatar.js'
import { askText, choose } from './chooser.js'
import { element, icon, morphChildren } from './element.js'
import { ICONS } from './icons.js'
import { compareIds } from './snowflake.js'
import { DM_TYPES, THREAD_TYPES } from './store.js'
import { ofHost, t } from './words.js'

const CATEGORY = 4
const FORUM = 15
/** @typedef {import('./store.js').Channel} Channel */

export class Sidebar {
  #page
  #list = element('nav', { class: 'places', 'aria-label': t('Channels') })

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    const { user } = page.session.person
    const me = element(
      'button',
      {
        type: 'button',
        class: 'me',
        title: t('Be somebody else'),
        'aria-label': t('You are {0}. Be somebody else', user.global_name ?? user.username),
        on: { click: () => void this.#switch(me) },
      },
      avatar(user),
      element(
        'span',
        { class: 'me-name' },
        element('strong', {}, user.global_name ?? user.username),
        element('small', {}, ofHost(page.session.person.note ?? '') || t('This is you')),
      ),
      icon(ICONS.chevron),
    )
    const go = element(
      'button',
      { type: 'button', class: 'find', on: { click: () => void page.findPlace() } },
      icon(ICONS.search),
      t('Go to …'),
      element('kbd', {}, 'Ctrl K'),
    )
    this.element = element('aside', { class: 'sidebar', 'aria-label': t('Places') }, me, go, this.#list)
    this.#list.addEventListener('click', (event) => this.#pressed(event))
  }

  draw() {
    const { store } = this.#page.session
    const channels = [...store.channels.values()]
    const guilds = [...store.guilds.values()].map((guild) => this.#guild(guild.id, guild.name, channels))
    const dms = channels.filter((channel) => DM_TYPES.has(channel.type)).toSorted(byNewest)
    const plus = element(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        'data-act': 'dm',
        title: t('Write to somebody'),
        'aria-label': t('Write to somebody'),
      },
      icon(ICONS.plus),
    )
    const direct = element(
      'section',
      { 'data-key': 'dms' },
      element('h2', {}, t('Direct messages'), plus),
      element(
        'ul',
        {},
        dms.map((dm) => this.#line(dm)),
      ),
    )
    morphChildren(this.#list, [...guilds, direct])
    this.#title(channels)
  }

  /** @param {string} id @param {string} name @param {Channel[]} channels */
  #guild(id, name, channels) {
    const here = channels.filter((channel) => channel.guild_id === id && !THREAD_TYPES.has(channel.type))
    const under = (/** @type {string | null} */ parent) =>
      here
        .filter((one) => one.type !== CATEGORY && (one.parent_id ?? null) === parent)
        .toSorted(byPosition)
        .flatMap((one) => [this.#line(one), this.#threads(one, channels)])
    const categories = here.filter((one) => one.type === CATEGORY).toSorted(byPosition)
    const known = new Set(categories.map((one) => one.id))
    // A channel whose category one may not see stands with those that have none.
    for (const one of here) if (one.parent_id && !known.has(one.parent_id)) one.parent_id = null
    return element(
      'section',
      { 'data-key': id },
      element('h2', { class: 'guild-name' }, name),
      element('ul', {}, under(null)),
      categories.map((category) => [element('h3', {}, category.name), element('ul', {}, under(category.id))]).flat(),
    )
  }

  /** @param {Channel} channel @param {Channel[]} channels */
  #threads(channel, channels) {
    const threads = channels.filter((one) => THREAD_TYPES.has(one.type) && one.parent_id === channel.id)
    const open = threads.filter((one) => !one.thread_metadata?.archived || one.id === this.#page.place)
    if (open.length === 0) return null
    const sorted = open.toSorted((a, b) => compareIds(a.id, b.id))
    return element(
      'li',
      { 'data-key': `threads-${channel.id}` },
      element(
        'ul',
        { class: 'threads' },
        sorted.map((one) => this.#line(one)),
      ),
    )
  }

  /** @param {Channel} channel */
  #line(channel) {
    const { store } = this.#page.session
    const here = channel.id === this.#page.place
    const unread = !here && store.unread(channel)
    const mentions = here ? 0 : store.marks.mentionsIn(channel.id)
    const other = DM_TYPES.has(channel.type) ? channel.recipients?.[0] : undefined
    const face = other
      ? avatar(other, 'small')
      : THREAD_TYPES.has(channel.type)
        ? icon(ICONS.thread)
        : element('span', { class: 'hash', 'aria-hidden': 'true' }, channel.type === FORUM ? '≡' : '#')
    const title = store.titleOf(channel)
    const spoken = `${title}${mentions > 0 ? t(', {0} for you', mentions) : unread ? t(', unread') : ''}`
    const attributes = {
      href: this.#page.hashOf(channel.id),
      'data-channel': channel.id,
      class: unread ? 'unread' : '',
      'aria-current': here ? 'page' : null,
      'aria-label': spoken,
    }
    const badge =
      mentions > 0
        ? element('span', { class: 'badge', 'aria-hidden': 'true' }, mentions)
        : unread
          ? element('span', { class: 'dot', 'aria-hidden': 'true' })
          : null
    return element(
      'li',
      { 'data-key': channel.id },
      element('a', attributes, face, element('span', { class: 'place-name' }, title), badge),
    )
  }

  /** @param {Channel[]} channels */
  #title(channels) {
    const { store } = this.#page.session
    const mentions = channels.reduce(
      (sum, one) => sum + (one.id === this.#page.place ? 0 : store.marks.mentionsIn(one.id)),
      0,
    )
    const place = store.channels.get(this.#page.place ?? '')
    const name = place ? `${place.recipients ? '@' : '#'}${store.titleOf(place)}` : t('Sandbox')
    const who = this.#page.session.person.user
    document.title = `${mentions > 0 ? `(${mentions}) ` : ''}${name} · ${who.global_name ?? who.username}`
  }

  /** @param {MouseEvent} event */
  #pressed(event) {
    const target = event.target instanceof Element ? event.target : null
    if (target?.closest('[data-act=dm]')) void this.#direct()
    // A link of the list is a link: the browser opens it, in a new tab too, and the address says who and where.
    if (target?.closest('a')) this.#page.closeDrawers()
  }

  async #direct() {
    const { session } = this.#page
    const people = [...session.store.users.values()].filter((user) => user.id !== session.store.me?.id)
    const items = people.map((user) => ({
      value: user.id,
      title: user.global_name ?? user.username,
      detail: user.bot ? 'application' : user.username,
      face: avatar(user, 'small'),
    }))
    const chosen = await choose({ title: t('Write to'), items, filter: true })
    if (chosen?.[0]) await this.#page.writeTo(chosen[0])
  }

  /** @param {Element} anchor */
  async #switch(anchor) {
    const people = await this.#page.people()
    const items = people.map(({ user, note }) => ({
      value: user.username,
      title: user.global_name ?? user.username,
      detail: ofHost(note ?? ''),
      face: avatar(user, 'small'),
    }))
    const chosen = await choose({ title: t('Who do you want to be?'), items, anchor })
    if (chosen?.[0]) this.#page.be(chosen[0])
  }
}

/**
 * Starts a thread that hangs on no message; answers its id.
 * @param {import('./page.js').Page} page
 * @param {Channel} channel
 */
export async function startThread(page, channel) {
  const forum = channel.type === FORUM
  const wish = await askText({
    title: forum ? t('New post') : t('New thread'),
    label: forum ? t('Title') : t('Name'),
    action: forum ? t('Post') : t('Create thread'),
    ...(forum ? { body: t('Message') } : {}),
  })
  if (!wish) return
  const common = { name: wish.text, auto_archive_duration: 10_080 }
  const body = forum ? { ...common, message: { content: wish.body } } : { ...common, type: 11 }
  const thread = await page.session.act('POST', `/channels/${channel.id}/threads`, body)
  if (!thread) return
  page.session.store.putChannel(thread)
  page.go(thread.id)
}

/** @param {Channel} a @param {Channel} b */
function byPosition(a, b) {
  return (a.position ?? 0) - (b.position ?? 0) || compareIds(a.id, b.id)
}

/** @param {Channel} a @param {Channel} b */
function byNewest(a, b) {
  return compareIds(b.last_message_id ?? b.id, a.last_message_id ?? a.id)
}
