// @ts-check
/**
 * The messages of the place on screen: lines in order, patched in place as they change, the view pinned to the newest
 * line unless the person reads further up, and every press on a message in one listener.
 */
import { choose } from './chooser.js'
import { choicesOf, findComponent, presetOf } from './components.js'
import { element, icon, morph, morphChildren } from './element.js'
import { ICONS } from './icons.js'
import { MessageMenu } from './message-menu.js'
import { drawAsking, drawMessage, drawOutgoing } from './message-view.js'
import { compareIds, timeOf } from './snowflake.js'
import { THREAD_TYPES } from './store.js'
import { dayOf } from './timestamps.js'
import { t } from './words.js'

const TOGETHER = 7 * 60_000
const NEAR = 60
const MOST = 300

export class Messages {
  #page
  #menu
  /** What the lines on screen were drawn from. @type {Map<string, { of: unknown[], node: Element }>} */
  #drawn = new Map()
  /** @type {string | null} */
  #place = null
  /** How far the person had read when they came here. @type {string | null} */
  #readUpTo = null
  /** The first message they had not read; decided once per visit, undefined before. @type {string | null | undefined} */
  #firstNew
  #pinned = true

  /** @param {import('./page.js').Page} page */
  constructor(page) {
    this.#page = page
    this.#menu = new MessageMenu(page)
    this.log = element('div', {
      class: 'log',
      role: 'log',
      'aria-live': 'polite',
      'aria-relevant': 'additions',
      'aria-label': t('Messages'),
    })
    this.scroller = element('div', { class: 'scroller', tabindex: 0, 'aria-label': t('Messages') }, this.log)
    this.jump = element(
      'button',
      { type: 'button', class: 'jump', hidden: true, on: { click: () => this.toEnd() } },
      t('Newest messages '),
      icon(ICONS.down),
    )
    this.element = element('div', { class: 'messages' }, this.scroller, this.jump)
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    this.log.addEventListener('click', (event) => this.#pressed(event))
    this.log.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && event.target instanceof Element && event.target.matches('.spoiler'))
        this.#pressed(event)
    })
    // An image that arrives late must not push the newest line out of sight; neither may a growing text box.
    const pin = new ResizeObserver(() => this.#pinned && this.toEnd())
    pin.observe(this.log)
    pin.observe(this.scroller)
  }

  get session() {
    return this.#page.session
  }

  /** @param {string | null} place */
  enter(place) {
    if (place === this.#place) return
    this.#place = place
    this.#readUpTo = place ? this.session.store.marks.of(place) : null
    this.#firstNew = undefined
    this.#drawn.clear()
    this.log.replaceChildren()
    this.#pinned = true
    this.draw()
  }

  toEnd() {
    this.#pinned = true
    this.scroller.scrollTop = this.scroller.scrollHeight
    this.jump.hidden = true
  }

  /** @param {boolean} [anew] names or roles changed: every line is drawn again */
  draw(anew = false) {
    const place = this.#place
    if (!place) return
    if (anew) this.#drawn.clear()
    const anchor = this.#pinned ? null : this.#anchor()
    // A tab that stays open for days must not carry every message of them.
    if (this.#pinned) this.session.store.log(place).trim(MOST, MOST / 2)
    const focused = this.log.contains(document.activeElement)
    morphChildren(this.log, this.#lines(place))
    // The button one has just pressed is gone: the next key belongs to the text box, not to nowhere.
    if (focused && document.activeElement === document.body) this.#page.composer.focus()
    if (this.#pinned) this.toEnd()
    else if (anchor?.node.isConnected) this.scroller.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top
    for (const [id, { node }] of this.#drawn) if (!node.isConnected) this.#drawn.delete(id)
    this.markRead()
    if (this.scroller.scrollHeight <= this.scroller.clientHeight + 200) void this.session.readOlder(place)
  }

  /** What stands on screen in a tab one looks at counts as read. */
  markRead() {
    if (!this.#place || document.visibilityState !== 'visible' || !this.#pinned) return
    const { store } = this.session
    const log = store.log(this.#place)
    const last = log.stale ? undefined : log.list.at(-1)
    if (!last) return
    const channel = store.channels.get(this.#place)
    const unread = (channel && store.unread(channel)) || store.marks.mentionsIn(this.#place) > 0
    store.marks.read(this.#place, last.id)
    if (unread) store.touch('places')
  }

  /** @param {string} place @returns {Node[]} */
  #lines(place) {
    const { store } = this.session
    const log = store.log(place)
    const channel = store.channels.get(place)
    const scene = { store, log, guildId: channel?.guild_id, editing: this.#page.composer.editing }
    /** @type {Node[]} */
    const lines = []
    if (log.complete && channel) lines.push(beginning(channel, store))
    else if (log.loading && log.size === 0)
      lines.push(element('div', { class: 'beginning', 'data-key': 'reading' }, t('Reading …')))
    /** @type {import('./store.js').Message | null} */
    let before = null
    const firstNew = this.#whereNewBegins(log)
    for (const message of log.list) {
      const at = timeOf(message.id)
      const newDay = before !== null && new Date(timeOf(before.id)).toDateString() !== new Date(at).toDateString()
      if (newDay)
        lines.push(element('div', { class: 'day', role: 'separator', 'data-key': `day-${message.id}` }, dayOf(at)))
      const divider = message.id === firstNew && before !== null
      if (divider) lines.push(element('div', { class: 'day new', role: 'separator', 'data-key': 'new' }, t('New')))
      const compact = !newDay && !divider && before !== null && continues(before, message)
      lines.push(this.#line(message, compact, scene))
      before = message
    }
    for (const one of log.asking.values()) if (one.messageId === null) lines.push(drawAsking(one, scene))
    for (const one of log.outgoing.values()) lines.push(drawOutgoing(one, scene))
    return lines
  }

  /** @param {import('./message-log.js').MessageLog} log */
  #whereNewBegins(log) {
    if (this.#firstNew !== undefined || log.stale) return this.#firstNew
    const me = this.session.store.me?.id
    const upTo = this.#readUpTo ?? '0'
    this.#firstNew = log.list.find((one) => compareIds(one.id, upTo) > 0 && one.author.id !== me)?.id ?? null
    return this.#firstNew
  }

  /**
   * @param {import('./store.js').Message} message
   * @param {boolean} compact
   * @param {import('./message-view.js').Scene} scene
   */
  #line(message, compact, scene) {
    const asked = [...scene.log.asking.values()].filter((one) => one.messageId === message.id)
    const chosen = [...scene.log.chosen].filter(([key]) => key.startsWith(`${message.id}:`)).join()
    const of = [
      message,
      compact,
      scene.editing === message.id,
      chosen,
      asked.map((one) => one.nonce + one.failed).join(),
    ]
    const known = this.#drawn.get(message.id)
    if (known && known.node.isConnected && known.of.every((part, index) => part === of[index])) return known.node
    const fresh = drawMessage(message, { compact }, scene)
    const node = known?.node.isConnected ? morph(known.node, fresh) : fresh
    this.#drawn.set(message.id, { of, node: /** @type {Element} */ (node) })
    return node
  }

  #anchor() {
    const top = this.scroller.getBoundingClientRect().top
    const node = [...this.log.children].find((line) => line.getBoundingClientRect().bottom > top)
    return node ? { node, top: node.getBoundingClientRect().top } : null
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller
    this.#pinned = scrollHeight - scrollTop - clientHeight < NEAR
    this.jump.hidden = this.#pinned
    if (this.#pinned) this.markRead()
    if (scrollTop < 300 && this.#place) void this.session.readOlder(this.#place)
  }

  /** @param {Event} event */
  #pressed(event) {
    const target = event.target instanceof Element ? event.target.closest('[data-act]') : null
    if (!target || !this.#place) return
    const act = target.getAttribute('data-act') ?? ''
    const id = target.closest('[data-message]')?.getAttribute('data-message') ?? ''
    const message = this.session.store.log(this.#place).get(id)
    const nonce = target.closest('[data-nonce]')?.getAttribute('data-nonce') ?? ''
    if (act === 'spoiler') target.setAttribute('data-revealed', '')
    else if (act === 'go') this.#page.go(target.getAttribute('data-channel') ?? '')
    else if (act === 'jump') this.#jumpTo(target.getAttribute('data-to') ?? '')
    else if (act === 'copy-code') void this.#copyCode(target)
    else if (act === 'person') void this.#page.person(target.getAttribute('data-user') ?? '', target)
    else if (nonce) this.#unsent(act, nonce)
    else if (!message) return
    else if (act === 'press') this.#press(message, target)
    else if (act === 'select') void this.#select(message, target)
    else if (act === 'dismiss') {
      this.session.store.log(this.#place).remove(id)
      this.draw()
    } else void this.#menu.act(act, message, target)
  }

  /** @param {string} act @param {string} nonce */
  #unsent(act, nonce) {
    const place = this.#place ?? ''
    const log = this.session.store.log(place)
    const outgoing = log.outgoing.get(nonce)
    const asking = log.asking.get(nonce)
    if (act === 'again') void this.session.sendAgain(place, nonce)
    if (act === 'take-back' && outgoing) this.#page.composer.takeBack(outgoing.content, outgoing.files)
    if (act === 'refill' && asking) {
      const { entry, drafts } = /** @type {any} */ (asking.again)
      this.#page.composer.command(entry, drafts)
    }
    if (act !== 'again') {
      log.outgoing.delete(nonce)
      log.asking.delete(nonce)
    }
    this.draw()
  }

  /** @param {import('./store.js').Message} message @param {Element} button */
  #press(message, button) {
    if (button.getAttribute('aria-busy')) return
    void this.session.interactions.component(message, {
      component_type: 2,
      custom_id: button.getAttribute('data-custom') ?? '',
    })
  }

  /** @param {import('./store.js').Message} message @param {Element} button */
  async #select(message, button) {
    const part = findComponent(/** @type {any[]} */ (message.components), button.getAttribute('data-custom') ?? '')
    if (!part) return
    const { store } = this.session
    const { chosen } = store.log(message.channel_id)
    const key = `${message.id}:${part.custom_id}`
    const items = choicesOf(part, { store, guildId: store.channels.get(message.channel_id)?.guild_id })
    const several = { min: part.min_values ?? 1, max: part.max_values ?? 1, chosen: chosen.get(key) ?? presetOf(part) }
    const values = await choose({ title: part.placeholder ?? t('Choose'), items, anchor: button, several })
    if (!values) return
    chosen.set(key, values)
    void this.session.interactions.component(message, { component_type: part.type, custom_id: part.custom_id, values })
  }

  /** @param {Element} button */
  async #copyCode(button) {
    const code = button.closest('.code-block')?.querySelector('code')?.textContent ?? ''
    await navigator.clipboard.writeText(code)
    button.textContent = t('Copied')
    setTimeout(() => (button.textContent = t('Copy')), 1500)
  }

  /** @param {string} id */
  #jumpTo(id) {
    const line = this.log.querySelector(`[data-message="${CSS.escape(id)}"]`)
    if (!line) {
      this.#page.say(t('That message is further up than what is loaded.'))
      return
    }
    line.scrollIntoView({ block: 'center' })
    line.classList.add('pointed')
    setTimeout(() => line.classList.remove('pointed'), 1600)
  }
}

/**
 * @param {import('./store.js').Message} before
 * @param {import('./store.js').Message} message
 */
function continues(before, message) {
  const plain = message.type === 0 && (before.type === 0 || before.type === 19)
  const same = before.author.id === message.author.id && before.author.username === message.author.username
  const flags = ((before.flags ?? 0) & 64) === ((message.flags ?? 0) & 64)
  return plain && same && flags && timeOf(message.id) - timeOf(before.id) < TOGETHER
}

/** @param {import('./store.js').Channel} channel @param {import('./store.js').Store} store */
function beginning(channel, store) {
  const title = store.titleOf(channel)
  const words = THREAD_TYPES.has(channel.type)
    ? t('The thread begins here.')
    : channel.recipients
      ? t('Your conversation begins here.')
      : t('The channel begins here.')
  return element(
    'div',
    { class: 'beginning', 'data-key': 'beginning' },
    element('h2', {}, channel.recipients || THREAD_TYPES.has(channel.type) ? title : `#${title}`),
    element('p', {}, channel.topic ?? words),
  )
}
