// @ts-check
/** A picked command with its options as fields: stands in the text box until it is run or given up. */
import { CommandField } from './command-field.js'
import { callOf, localized } from './commands.js'
import { element } from './element.js'

/** @typedef {Record<string, { value: string, title: string }>} Drafts */

export class CommandForm {
  /** @type {CommandField[]} */
  #fields = []
  #session
  #channelId
  #onRun
  #onCancel
  #line = element('div', { class: 'fields' })
  #more = element('div', { class: 'more-options' })
  #hint = element('div', { class: 'hint', role: 'status' })
  #lists = element('div', { class: 'lists' })

  /**
   * @param {import('./commands.js').Entry} entry
   * @param {object} door
   * @param {import('./session.js').Session} door.session
   * @param {string} door.channelId
   * @param {(call: { data: any, files: File[], drafts: Drafts }) => void} door.onRun
   * @param {() => void} door.onCancel
   * @param {Drafts} [drafts] values to begin with
   */
  constructor(entry, { session, channelId, onRun, onCancel }, drafts = {}) {
    this.entry = entry
    this.#session = session
    this.#channelId = channelId
    this.#onRun = onRun
    this.#onCancel = onCancel
    this.element = element(
      'div',
      { class: 'command-form', role: 'group', 'aria-label': entry.title },
      this.#lists,
      element(
        'div',
        { class: 'command-line' },
        element('span', { class: 'command-name' }, entry.title),
        this.#line,
        this.#more,
      ),
      this.#hint,
    )
    for (const option of entry.options)
      if (option.required || drafts[option.name]) this.#add(option, drafts[option.name])
    this.#offerMore()
    this.#hint.textContent = entry.description
    this.element.addEventListener('keydown', (event) => this.#key(event))
    if (this.#fields.length === 0) this.element.tabIndex = 0
  }

  focus() {
    const empty = this.#fields.find((field) => field.input.value === '')
    const target = empty?.input ?? this.#fields.at(-1)?.input ?? this.element
    target.focus()
  }

  get drafts() {
    return Object.fromEntries(this.#fields.map((field) => [field.option.name, field.draft]))
  }

  /** Runs the command, or says which field keeps it from running. */
  run() {
    const values = []
    for (const field of this.#fields) {
      const value = field.read()
      if (value instanceof Error) {
        this.#hint.textContent = value.message
        this.#hint.classList.add('wrong')
        field.element.classList.add('wrong')
        field.input.focus()
        return
      }
      if (value !== undefined) values.push({ type: field.option.type, name: field.option.name, value })
    }
    const files = this.#fields.flatMap((field) => (field.file ? [field.file] : []))
    let index = 0
    for (const value of values) if (value.type === 11) value.value = String(index++)
    const data = {
      ...callOf(this.entry, values),
      attachments: files.map((file, id) => ({ id: String(id), filename: file.name })),
    }
    this.#onRun({ data, files, drafts: this.drafts })
  }

  /** @param {import('./commands.js').Option} option @param {{ value: string, title: string }} [draft] */
  #add(option, draft) {
    const { store, person } = this.#session
    const guildId = store.channels.get(this.#channelId)?.guild_id
    const locale = /** @type {any} */ (store.me)?.locale ?? person.user.locale ?? 'en-US'
    /** @type {CommandField} */
    const field = new CommandField(
      option,
      {
        around: { store, guildId, locale },
        complete: (typed) => this.#complete(option, typed),
        onFocus: () => {
          this.#hint.classList.remove('wrong')
          this.#hint.textContent = field.hint
        },
      },
      draft,
    )
    this.#fields.push(field)
    this.#line.append(field.element)
    this.#lists.append(field.listbox.element)
    return field
  }

  #offerMore() {
    const there = new Set(this.#fields.map((field) => field.option))
    const locale = this.#session.person.user.locale ?? 'en-US'
    const chips = this.entry.options
      .filter((option) => !there.has(option))
      .map((option) => {
        const click = () => {
          const field = this.#add(option)
          this.#offerMore()
          field.input.focus()
        }
        const title = localized(option, 'description', locale)
        return element(
          'button',
          { type: 'button', class: 'chip', title, on: { click } },
          `+ ${localized(option, 'name', locale)}`,
        )
      })
    this.#more.replaceChildren(...chips)
  }

  /** @param {import('./commands.js').Option} focused @param {string} typed */
  #complete(focused, typed) {
    const values = this.#fields
      .filter((field) => field.option === focused || field.input.value !== '')
      .map((field) => {
        const { type, name } = field.option
        if (field.option === focused) return { type, name, value: typed, focused: true }
        const value = field.read()
        return { type, name, value: value instanceof Error ? field.input.value : value }
      })
    return this.#session.interactions.complete(this.#channelId, this.entry.command, callOf(this.entry, values))
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing || (event.target instanceof HTMLButtonElement && event.key === 'Enter')) return
    const field = this.#fields.find((one) => one.input === event.target)
    if (field?.listbox.open && event.key === 'Escape') field.listbox.hide(field.input)
    else if (event.key === 'Escape') this.#onCancel()
    else if (field?.listbox.key(event, { input: field.input })) {
      if (event.key === 'Enter') this.#next(field)
    } else if (event.key === 'Enter') this.run()
    else if (event.key === 'Backspace' && (!field || (field.input.value === '' && field === this.#fields[0])))
      this.#onCancel()
    else return
    if (event.key !== 'Tab') event.preventDefault()
    event.stopPropagation()
  }

  /** After a choice the next empty field is where one wants to be. @param {CommandField} field */
  #next(field) {
    const later = this.#fields.slice(this.#fields.indexOf(field) + 1).find((one) => one.input.value === '')
    later?.input.focus()
  }
}
