// @ts-check
/**
 * The page of one person: joins the views, knows the place on screen, and carries what views want from one another.
 * `close()` ends everything it began; the next person gets a page of their own.
 */
import { choose } from './chooser.js'
import { Composer } from './composer.js'
import { element } from './element.js'
import { Header } from './header.js'
import { Members, showPerson } from './members.js'
import { Messages } from './messages.js'
import { openModal } from './modal.js'
import { Panel } from './panel.js'
import { Session } from './session.js'
import { Sidebar } from './sidebar.js'
import { DM_TYPES, THREAD_TYPES } from './store.js'
import { TypingLine } from './typing-line.js'
import { t } from './words.js'

const PHONE = '(max-width: 700px)'

/** @typedef {{ user: import('./store.js').User, token: string, note?: string | Record<string, string>, locale?: string }} Person */

export class Page {
  #ended = new AbortController()
  /** @type {string | null} */
  place = null

  /**
   * @param {Person} person
   * @param {object} door
   * @param {() => Promise<Person[]>} door.people whom one can be
   * @param {string | null} door.home where one is without a word in the address; null: the first channel
   */
  constructor(person, { people, home }) {
    this.people = people
    this.home = home
    this.session = new Session(person)
    this.composer = new Composer(this.session)
    this.messages = new Messages(this)
    this.sidebar = new Sidebar(this)
    this.members = new Members(this)
    this.header = new Header(this)
    this.panel = new Panel(this)
    this.typing = new TypingLine(this.session.store)
    this.line = element('div', { class: 'line', role: 'status', hidden: true })
    this.toast = element('div', { class: 'toast', role: 'alert', hidden: true })
    const middle = element(
      'main',
      { class: 'middle' },
      this.header.element,
      this.line,
      this.messages.element,
      element('div', { class: 'foot' }, this.composer.element, this.typing.element),
      this.toast,
    )
    const veil = element('div', { class: 'veil', on: { click: () => this.closeDrawers() } })
    this.element = element(
      'div',
      { class: 'page' },
      this.panel.element,
      this.sidebar.element,
      middle,
      this.members.element,
      veil,
    )
  }

  open() {
    const { session } = this
    const { signal } = this.#ended
    session.onTrouble = (text) => this.say(text)
    session.onModal = (modal) => openModal(modal, session)
    this.composer.onEditing = () => this.messages.draw()
    session.store.watch((topics) => this.#changed(topics))
    addEventListener('keydown', (event) => this.#key(event), { signal })
    document.addEventListener('visibilitychange', () => this.messages.markRead(), { signal })
    this.#takeFiles(signal)
    this.panel.open(signal)
    session.open()
  }

  close() {
    this.#ended.abort()
    this.session.close()
    this.element.remove()
  }

  /** Where the address says one is; without a word the first channel. @param {string} channelId */
  show(channelId) {
    const { store } = this.session
    if (!store.me) return
    if (channelId && !store.channels.has(channelId)) {
      void this.#seek(channelId)
      return
    }
    const wanted = channelId || this.#home()
    if (wanted === null) return
    if (wanted !== channelId) history.replaceState(null, '', this.hashOf(wanted))
    this.place = wanted
    this.composer.enter(store.channels.get(wanted))
    this.messages.enter(wanted)
    this.typing.enter(wanted)
    this.#drawPlaces()
    this.members.draw()
    void this.session.enter(wanted)
  }

  /** An archived thread is not among what one is told at the start; it can still be asked for. @param {string} id */
  async #seek(id) {
    if (this.#sought === id) return
    this.#sought = id
    const found = await this.session.rest.call('GET', `/channels/${id}`).catch(() => null)
    this.#sought = null
    if (found) this.session.store.putChannel(found)
    this.show(found ? id : '')
  }

  /** @type {string | null} */
  #sought = null

  /** @param {string} channelId */
  go(channelId) {
    location.hash = this.hashOf(channelId)
  }

  /** @param {string} channelId */
  hashOf(channelId) {
    return `#${encodeURIComponent(this.session.person.user.username)}/${channelId}`
  }

  /** @param {string} name */
  be(name) {
    const shared = this.session.store.channels.get(this.place ?? '')?.guild_id ? this.place : null
    location.hash = `#${encodeURIComponent(name)}/${shared ?? ''}`
  }

  /** Says something that matters now, for a few seconds. @param {string} text */
  say(text) {
    this.toast.textContent = text
    this.toast.hidden = false
    clearTimeout(this.#toastEnd)
    this.#toastEnd = setTimeout(() => (this.toast.hidden = true), 7000)
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #toastEnd

  /** @param {string} userId */
  async writeTo(userId) {
    const dm = await this.session.act('POST', '/users/@me/channels', { recipient_id: userId })
    if (!dm) return
    this.session.store.putChannel(dm)
    this.go(dm.id)
  }

  /** @param {string} userId @param {Element} anchor */
  async person(userId, anchor) {
    await showPerson(this, userId, anchor)
  }

  async findPlace() {
    const { store } = this.session
    const items = [...store.channels.values()]
      .filter((channel) => channel.type !== 4)
      .map((channel) => {
        const parent = THREAD_TYPES.has(channel.type) ? store.channels.get(channel.parent_id ?? '') : undefined
        const detail = parent
          ? t('in #{0}', parent.name ?? '')
          : channel.guild_id
            ? store.guilds.get(channel.guild_id)?.name
            : t('direct message')
        return {
          value: channel.id,
          title: `${DM_TYPES.has(channel.type) ? '@' : '#'}${store.titleOf(channel)}`,
          detail,
        }
      })
    const chosen = await choose({ title: t('Go to'), items, filter: true })
    if (chosen?.[0]) this.go(chosen[0])
  }

  /** @param {'places' | 'people'} which */
  toggleDrawer(which) {
    const narrow = matchMedia(which === 'places' ? PHONE : '(max-width: 1000px)').matches
    const name = narrow ? `${which}-open` : `${which}-hidden`
    this.element.classList.toggle(name)
  }

  closeDrawers() {
    this.element.classList.remove('places-open', 'people-open')
  }

  /** @param {Set<string>} topics */
  #changed(topics) {
    const { place } = this
    if (topics.has('ready')) this.show(placeInAddress())
    if (topics.has('line')) this.#drawLine()
    if (topics.has('places')) this.#drawPlaces()
    if (topics.has('people') || topics.has('places')) this.members.draw()
    if (place && !this.session.store.channels.has(place)) this.show(place)
    if (place && (topics.has(`messages:${place}`) || topics.has('names'))) this.messages.draw(topics.has('names'))
    if (place && topics.has(`typing:${place}`)) this.typing.draw()
  }

  #drawPlaces() {
    this.sidebar.draw()
    this.header.draw()
  }

  #drawLine() {
    const { line } = this.session.store
    clearTimeout(this.#lineLater)
    // A blink of the line is not worth a word; what lasts is.
    if (line.kind === 'online') this.line.hidden = true
    else if (this.line.hidden) this.#lineLater = setTimeout(() => this.#sayLine(), this.session.store.me ? 250 : 1500)
    else this.#sayLine()
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lineLater

  #sayLine() {
    const { line } = this.session.store
    this.line.hidden = line.kind === 'online'
    const now = element(
      'button',
      { type: 'button', class: 'as-link', on: { click: () => this.session.connection.open() } },
      t('Try now'),
    )
    if (line.kind === 'refused') this.line.replaceChildren(line.why)
    else
      this.line.replaceChildren(this.session.store.me ? t('Connection lost. Reconnecting … ') : t('Connecting … '), now)
  }

  /** The first text channel of the first guild, else a conversation. */
  #home() {
    const { store } = this.session
    if (this.home !== null && store.channels.has(this.home)) return this.home
    const all = [...store.channels.values()]
    const text = all
      .filter((one) => one.guild_id && (one.type === 0 || one.type === 5))
      .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
    return text[0]?.id ?? all.find((one) => one.type !== 4)?.id ?? null
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      if (!document.querySelector('dialog[open]')) void this.findPlace()
    } else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault()
      const links = [...this.sidebar.element.querySelectorAll('a[data-channel]')]
      const at = links.findIndex((link) => link.getAttribute('data-channel') === this.place)
      const next = links[(at + (event.key === 'ArrowDown' ? 1 : -1) + links.length) % links.length]
      if (next) this.go(next.getAttribute('data-channel') ?? '')
    } else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
      this.closeDrawers()
      if (event.target === document.body) this.messages.toEnd()
    } else if (
      event.target === document.body &&
      event.key.length === 1 &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey
    ) {
      // Whoever begins to type means the text box.
      this.composer.focus()
    }
  }

  /** Files dropped anywhere on the page are attached. @param {AbortSignal} signal */
  #takeFiles(signal) {
    const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false
    addEventListener(
      'dragover',
      (event) => {
        if (!carries(event)) return
        event.preventDefault()
        this.element.classList.add('dropping')
      },
      { signal },
    )
    addEventListener(
      'dragleave',
      (event) => event.relatedTarget === null && this.element.classList.remove('dropping'),
      { signal },
    )
    addEventListener(
      'drop',
      (event) => {
        this.element.classList.remove('dropping')
        if (!carries(event)) return
        event.preventDefault()
        this.composer.addFiles(event.dataTransfer?.files ?? [])
        this.composer.focus()
      },
      { signal },
    )
  }
}

/** The channel in `#alice/<channel id>`. */
export function placeInAddress() {
  return location.hash.slice(1).split('/')[1] ?? ''
}

/** The person in `#alice/<channel id>`. */
export function personInAddress() {
  return decodeURIComponent(location.hash.slice(1).split('/')[0] ?? '')
}
