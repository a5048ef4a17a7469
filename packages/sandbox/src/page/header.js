// @ts-check
/** The line above the messages: where one is, and what one can do with the place. */
import { choose } from './chooser.js'
import { element, icon, morphChildren } from './element.js'
import { ICONS } from './icons.js'
import { startThread } from './sidebar.js'
import { THREAD_TYPES } from './store.js'
import { t } from './words.js'

export class Header {
  #page
  #title = element('div', { class: 'place-title' })
  #tools = element('div', { class: 'header-tools' })

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    const menu = this.#tool('menu', t('Channels'), ICONS.menu)
    menu.classList.add('only-narrow')
    this.element = element('header', { class: 'header' }, menu, this.#title, this.#tools)
    this.element.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-act]') : null
      if (button) void this.#act(button.getAttribute('data-act') ?? '', button)
    })
  }

  draw() {
    const { store } = this.#page.session
    const channel = store.channels.get(this.#page.place ?? '')
    const parent = channel && THREAD_TYPES.has(channel.type) ? store.channels.get(channel.parent_id ?? '') : undefined
    const mark = channel?.recipients ? '@' : parent ? '' : '#'
    const title = channel
      ? [
          parent && element('a', { class: 'crumb', href: this.#page.hashOf(parent.id) }, `#${parent.name}`),
          parent && element('span', { class: 'crumb-mark', 'aria-hidden': 'true' }, '›'),
          element('h1', {}, `${mark}${store.titleOf(channel)}`),
          channel.thread_metadata?.archived &&
            element('span', { class: 'tag' }, channel.thread_metadata.locked ? t('LOCKED') : t('ARCHIVED')),
          channel.topic && element('span', { class: 'topic', title: channel.topic }, channel.topic),
        ]
      : [element('h1', {}, t('Sandbox'))]
    morphChildren(
      this.#title,
      title.filter((one) => one instanceof Node),
    )
    const inGuild = channel?.guild_id !== undefined
    morphChildren(this.#tools, [
      ...(inGuild && !parent
        ? [
            this.#tool('threads', t('Threads'), ICONS.archive),
            this.#tool('start', channel?.type === 15 ? t('New post') : t('New thread'), ICONS.thread, true),
          ]
        : []),
      ...(parent
        ? [
            this.#tool(
              'archive',
              channel?.thread_metadata?.archived ? t('Reopen the thread') : t('Archive the thread'),
              ICONS.archive,
            ),
          ]
        : []),
      this.#tool('theme', t('Light or dark'), ICONS.theme),
      this.#tool('members', t('Members'), ICONS.people),
    ])
  }

  /** @param {string} act @param {string} label @param {string} path @param {boolean} [worded] */
  #tool(act, label, path, worded = false) {
    const attributes = {
      type: 'button',
      class: worded ? 'button small' : 'icon-button',
      'data-key': act,
      'data-act': act,
      title: label,
      'aria-label': label,
    }
    return element('button', attributes, icon(path), worded && element('span', {}, label))
  }

  /** @param {string} act @param {Element} anchor */
  async #act(act, anchor) {
    const page = this.#page
    const channel = page.session.store.channels.get(page.place ?? '')
    if (act === 'menu') page.toggleDrawer('places')
    else if (act === 'members') page.toggleDrawer('people')
    else if (act === 'theme') toggleTheme()
    else if (!channel) return
    else if (act === 'start') await startThread(page, channel)
    else if (act === 'threads') await this.#threads(channel, anchor)
    else if (act === 'archive')
      await page.session.act('PATCH', `/channels/${channel.id}`, { archived: !channel.thread_metadata?.archived })
  }

  /** @param {import('./store.js').Channel} channel @param {Element} anchor */
  async #threads(channel, anchor) {
    const { store } = this.#page.session
    const old = await this.#page.session.act('GET', `/channels/${channel.id}/threads/archived/public`)
    for (const thread of old?.threads ?? []) store.putChannel(thread, channel.guild_id)
    const threads = [...store.channels.values()].filter(
      (one) => THREAD_TYPES.has(one.type) && one.parent_id === channel.id,
    )
    if (threads.length === 0) {
      this.#page.say(t('There is no thread here yet.'))
      return
    }
    const items = threads.map((one) => ({
      value: one.id,
      title: one.name ?? '',
      ...(one.thread_metadata?.archived ? { detail: 'archived' } : {}),
    }))
    const chosen = await choose({ title: t('Threads'), items, anchor })
    if (chosen?.[0]) this.#page.go(chosen[0])
  }
}

/** The person's own choice stands over the system's until they choose again. */
function toggleTheme() {
  const chosen = document.documentElement.dataset['theme']
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset['theme'] = dark ? 'light' : 'dark'
  localStorage.setItem('theme', dark ? 'light' : 'dark')
}
