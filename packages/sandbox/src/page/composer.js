// @ts-check
/**
 * The text box: messages, replies, edits, files, mentions, and the way into commands. What was typed is kept per
 * place and per person until it is sent, also across a reload.
 */
import { CommandForm } from './command-form.js'
import { drawNotes } from './composer-notes.js'
import { element, icon } from './element.js'
import { ICONS } from './icons.js'
import { Listbox } from './listbox.js'
import { mentionAt, mentionable, resolveMentions } from './mention-list.js'
import { THREAD_TYPES } from './store.js'
import { Suggestions } from './suggestions.js'
import { t } from './words.js'

const LIMIT = 2000
const MOST_FILES = 10

export class Composer {
  /** @type {string | null} */
  #place = null
  /** @type {import('./store.js').Message | null} */
  #replyTo = null
  /** @type {import('./store.js').Message | null} */
  #editing = null
  /** @type {CommandForm | null} */
  #form = null
  /** @type {File[]} */
  #files = []
  /** Called when an edit begins or ends. */
  onEditing = () => {}

  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.session = session
    this.suggestions = new Suggestions(session)
    this.list = new Listbox({ label: t('Suggestions'), onPick: (item) => this.#pick(item) })
    this.text = element('textarea', {
      rows: 1,
      'aria-label': t('Message'),
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
    })
    this.picker = element('input', { type: 'file', multiple: true, hidden: true })
    this.above = element('div', { class: 'composer-above' })
    this.count = element('span', { class: 'count', 'aria-live': 'polite' })
    this.box = element('div', { class: 'composer-box' })
    this.element = element(
      'form',
      { class: 'composer', 'aria-label': t('Write') },
      this.list.element,
      this.above,
      this.box,
    )
    this.#lay()
    this.#listen()
  }

  get editing() {
    return this.#editing?.id ?? null
  }

  /** @param {import('./store.js').Channel | undefined} channel */
  enter(channel) {
    const same = channel?.id === this.#place
    if (!same) {
      // The place is gone (deleted, or the sandbox began a new world): what was being written comes along.
      const homeless = this.#place !== null && !this.session.store.channels.has(this.#place) ? this.text.value : ''
      this.#leave()
      this.#place = channel?.id ?? null
      this.text.value = sessionStorage.getItem(this.#draftKey()) ?? homeless
      this.#keep()
      this.#grow()
    }
    const title = channel ? this.session.store.titleOf(channel) : ''
    const narrow = matchMedia('(max-width: 700px)').matches
    const mark = channel && THREAD_TYPES.has(channel.type) ? '' : '#'
    const where = channel?.recipients ? t('Write to {0}', title) : t('Write in {0}', `${mark}${title}`)
    this.text.placeholder = channel ? `${where}${narrow ? '' : t(', or / for commands')}` : ''
    this.element.hidden = !channel || channel.type === 15 || channel.type === 4
    if (!same && channel && matchMedia('(hover: hover)').matches) this.focus()
  }

  focus() {
    if (this.#form) this.#form.focus()
    else this.text.focus()
  }

  /** @param {import('./store.js').Message} message */
  reply(message) {
    this.#stopEditing()
    this.#replyTo = message
    this.#drawAbove()
    this.focus()
  }

  /** @param {import('./store.js').Message} message */
  edit(message) {
    this.#closeForm()
    this.#replyTo = null
    this.#editing = message
    this.text.value = message.content
    this.#grow()
    this.#drawAbove()
    this.onEditing()
    this.focus()
  }

  /** Puts back what could not be sent. @param {string} content @param {File[]} files */
  takeBack(content, files) {
    this.text.value = [this.text.value, content].filter(Boolean).join('\n')
    this.addFiles(files)
    this.#keep()
    this.#grow()
    this.focus()
  }

  /** @param {Iterable<File>} files */
  addFiles(files) {
    this.#files = [...this.#files, ...files].slice(0, MOST_FILES)
    this.#drawAbove()
  }

  /** Opens a command as a form. @param {import('./commands.js').Entry} entry @param {import('./command-form.js').Drafts} [drafts] */
  command(entry, drafts = {}) {
    if (!this.#place) return
    this.#stopEditing()
    this.list.hide(this.text)
    this.text.value = ''
    this.#keep()
    const channelId = this.#place
    this.#form = new CommandForm(
      entry,
      {
        session: this.session,
        channelId,
        onRun: ({ data, files, drafts: typed }) => {
          this.#closeForm()
          const again = { entry, drafts: typed }
          void this.session.interactions.run(channelId, {
            title: entry.title,
            command: entry.command,
            data,
            files,
            again,
          })
        },
        onCancel: () => this.#closeForm(),
      },
      drafts,
    )
    this.#lay()
    this.#form.focus()
  }

  #lay() {
    const button = (
      /** @type {string} */ label,
      /** @type {string} */ path,
      /** @type {() => void} */ click,
      extra = {},
    ) =>
      element(
        'button',
        { type: 'button', class: 'icon-button', title: label, 'aria-label': label, on: { click }, ...extra },
        icon(path),
      )
    const attach = button(t('Attach files'), ICONS.attach, () => this.picker.click())
    const send = element(
      'button',
      { type: 'submit', class: 'icon-button send', title: t('Send'), 'aria-label': t('Send') },
      icon(ICONS.send),
    )
    if (this.#form) {
      const cancel = button(t('Give up this command'), ICONS.close, () => this.#closeForm())
      this.box.replaceChildren(cancel, this.#form.element, send)
    } else {
      this.box.replaceChildren(attach, this.picker, this.text, this.count, send)
    }
  }

  #listen() {
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      if (this.#form) this.#form.run()
      else void this.#send()
    })
    this.text.addEventListener('input', () => {
      this.#keep()
      this.#grow()
      void this.#suggest()
      if (this.#place && this.text.value && !this.text.value.startsWith('/')) this.session.typing(this.#place)
    })
    this.text.addEventListener('keydown', (event) => this.#key(event))
    this.text.addEventListener('blur', () => this.list.hide(this.text))
    this.text.addEventListener('paste', (event) => {
      const files = event.clipboardData?.files
      if (files?.length) {
        event.preventDefault()
        this.addFiles(files)
      }
    })
    this.picker.addEventListener('change', () => {
      this.addFiles(this.picker.files ?? [])
      this.picker.value = ''
      this.focus()
    })
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Korean, Japanese and Chinese are composed: the Enter that ends a composition sends nothing.
    if (event.isComposing) return
    if (this.list.key(event, { input: this.text })) {
      if (event.key === 'Tab') event.preventDefault()
      return
    }
    if (event.key === 'Enter' && !event.shiftKey && matchMedia('(hover: hover)').matches) {
      event.preventDefault()
      void this.#send()
    } else if (event.key === 'Escape') {
      if (this.list.open) this.list.hide(this.text)
      else this.#stopEditing()
      this.#replyTo = null
      this.#drawAbove()
    } else if (event.key === 'ArrowUp' && this.text.value === '' && this.#place) {
      const mine = this.session.store
        .log(this.#place)
        .list.findLast((one) => one.author.id === this.session.store.me?.id && one.type !== 18)
      if (mine) {
        event.preventDefault()
        this.edit(mine)
      }
    }
  }

  async #send() {
    const place = this.#place
    const { store } = this.session
    if (!place) return
    const typed = this.text.value.trim()
    const content = resolveMentions(typed, mentionable('@', store, store.channels.get(place)))
    if (content.length > LIMIT) return
    if (this.#editing) {
      const message = this.#editing
      if (content === '') return
      this.#stopEditing()
      if (
        content !== message.content &&
        !(await this.session.act('PATCH', `/channels/${place}/messages/${message.id}`, { content }))
      )
        this.takeBack(typed, [])
      return
    }
    if (content === '' && this.#files.length === 0) return
    const files = this.#files
    const replyTo = this.#replyTo?.id ?? null
    this.text.value = ''
    this.#files = []
    this.#replyTo = null
    this.#keep()
    this.#grow()
    this.#drawAbove()
    this.list.hide(this.text)
    this.session.typed()
    await this.session.send(place, { content, files, replyTo })
  }

  async #suggest() {
    const channel = this.session.store.channels.get(this.#place ?? '')
    const before = { value: this.text.value, caret: this.text.selectionStart }
    if (!channel || this.#editing) return
    for await (const offer of this.suggestions.offers(before.value, before.caret, channel)) {
      // What was typed meanwhile makes its own offer.
      if (this.text.value !== before.value || this.#form || this.#place !== channel.id) return
      if (offer.exact) this.command(offer.exact)
      else if (offer.items.length > 0 || offer.empty)
        this.list.show(offer.items, { input: this.text, empty: offer.empty, typed: before.value })
      else this.list.hide(this.text)
    }
  }

  /** @param {import('./listbox.js').Item} item */
  #pick(item) {
    const channel = this.session.store.channels.get(this.#place ?? '')
    if (this.text.value.startsWith('/')) {
      const entry = channel && this.suggestions.entries(channel).find((one) => one.key === item.value)
      if (entry) this.command(entry)
      return
    }
    const mention = mentionAt(this.text.value, this.text.selectionStart)
    if (!mention) return
    // People stay readable while writing; resolveMentions turns them into ids. Roles and channels are put in at once.
    const put = item.value.startsWith('<@') && !item.value.startsWith('<@&') ? `@${item.title}` : item.value
    this.text.setRangeText(`${put} `, mention.from, this.text.selectionStart, 'end')
    this.list.hide(this.text)
    this.#keep()
    this.#grow()
  }

  #drawAbove() {
    const { store } = this.session
    const guildId = store.channels.get(this.#place ?? '')?.guild_id
    const notes = drawNotes({
      replyingTo: this.#replyTo && store.nameOf(this.#replyTo.author.id, guildId),
      editing: this.#editing !== null,
      files: this.#files,
      onCancelReply: () => this.#cancelReply(),
      onCancelEdit: () => this.#stopEditing(),
      onRemove: (file) => {
        this.#files = this.#files.filter((one) => one !== file)
        this.#drawAbove()
      },
    })
    this.above.replaceChildren(...notes)
  }

  #cancelReply() {
    this.#replyTo = null
    this.#drawAbove()
    this.focus()
  }

  #stopEditing() {
    if (!this.#editing) return
    this.#editing = null
    this.text.value = sessionStorage.getItem(this.#draftKey()) ?? ''
    this.#grow()
    this.#drawAbove()
    this.onEditing()
  }

  #closeForm() {
    if (!this.#form) return
    this.#form = null
    this.#lay()
    this.text.focus()
  }

  #leave() {
    this.#stopEditing()
    this.#closeForm()
    this.#replyTo = null
    this.#files = []
    this.list.hide(this.text)
    this.#drawAbove()
  }

  #draftKey() {
    return `draft:${this.session.person.user.id}:${this.#place}`
  }

  #keep() {
    if (this.#editing) return
    if (this.text.value) sessionStorage.setItem(this.#draftKey(), this.text.value)
    else sessionStorage.removeItem(this.#draftKey())
  }

  #grow() {
    const left = LIMIT - this.text.value.length
    this.count.textContent = left < 200 ? String(left) : ''
    this.count.classList.toggle('over', left < 0)
    this.text.style.height = 'auto'
    this.text.style.height = `${Math.min(this.text.scrollHeight, 240)}px`
  }
}
