// @ts-check
/** One option of a command: a field that knows its kind, offers what fits, and says what is wrong with a value. */
import { kindOf, localized, offersOf } from './commands.js'
import { element } from './element.js'
import { Listbox, fitting } from './listbox.js'
import { t } from './words.js'

/**
 * @typedef {object} FieldDoor
 * @property {{ store: import('./store.js').Store, guildId: string | undefined, locale: string }} around
 * @property {(typed: string) => Promise<{ name: string, value: string | number }[]>} complete asks the application
 * @property {() => void} onFocus
 */

export class CommandField {
  /** What was picked from a list; typing clears it. @type {{ value: string, title: string } | null} */
  #picked = null
  #offers
  #asked = 0
  #door

  /**
   * @param {import('./commands.js').Option} option
   * @param {FieldDoor} door
   * @param {{ value: string, title: string } | undefined} initial
   */
  constructor(option, door, initial) {
    this.option = option
    this.#door = door
    this.#offers = offersOf(option, door.around)
    this.label = localized(option, 'name', door.around.locale)
    this.listbox = new Listbox({ label: this.label, onPick: (item) => this.#pick(item) })
    const file = option.type === 11
    const lists = !file && (this.#offers || option.autocomplete)
    const attributes = {
      type: file ? 'file' : 'text',
      autocomplete: 'off',
      spellcheck: 'false',
      'data-option': option.name,
      'aria-label': `${this.label}, ${kindOf(option)}${option.required ? t(', required') : ''}`,
      'aria-required': String(option.required ?? false),
      placeholder: file ? null : this.#offers ? t('choose') : kindOf(option),
      maxlength: option.max_length,
      role: lists ? 'combobox' : null,
      'aria-expanded': lists ? 'false' : null,
      inputmode: option.type === 4 || option.type === 10 ? 'decimal' : null,
    }
    this.input = element('input', attributes)
    if (initial && !file) {
      this.input.value = initial.title
      this.#picked = initial.value === initial.title ? null : initial
    }
    this.element = element(
      'label',
      { class: `field ${option.required ? 'required' : ''}` },
      element(
        'span',
        { class: 'field-name' },
        this.label,
        option.required && element('span', { class: 'star', 'aria-hidden': 'true' }, '*'),
      ),
      this.input,
    )
    this.input.addEventListener('focus', () => {
      door.onFocus()
      if (lists) void this.#offer()
    })
    this.input.addEventListener('blur', () => this.listbox.hide(this.input))
    this.input.addEventListener('input', () => {
      this.#picked = null
      this.element.classList.remove('wrong')
      this.#fit()
      if (lists) void this.#offer()
    })
    this.#fit()
  }

  /** What is typed or picked, to be put back later. */
  get draft() {
    return this.#picked ?? { value: this.input.value, title: this.input.value }
  }

  get file() {
    return this.option.type === 11 ? (this.input.files?.[0] ?? null) : null
  }

  /** What stands below the fields while this one has the focus. */
  get hint() {
    const { option } = this
    const kind = option.choices?.length ? t('one of the list') : kindOf(option)
    const parts = [kind, option.required ? t('required') : t('optional')]
    if (option.min_value !== undefined) parts.push(t('at least {0}', option.min_value))
    if (option.max_value !== undefined) parts.push(t('at most {0}', option.max_value))
    return `${localized(option, 'description', this.#door.around.locale)} (${parts.join(', ')})`
  }

  /**
   * The value for the wire: undefined when empty, an Error that says what is wrong when it does not fit.
   * @returns {unknown}
   */
  read() {
    const typed = this.input.value.trim()
    const {
      type,
      required,
      min_value: min = -Infinity,
      max_value: max = Infinity,
      min_length: shortest = 0,
    } = this.option
    if (type === 11 ? !this.file : typed === '')
      return required ? new Error(t('{0} is required.', this.label)) : undefined
    if (type === 11) return '0'
    if (this.#offers) {
      const exact =
        this.#picked ??
        this.#offers.find((one) => [one.title, one.value].some((word) => word.toLowerCase() === typed.toLowerCase()))
      const only = fitting(this.#offers, typed)
      const found = exact ?? (only.length === 1 ? only[0] : undefined)
      return found ? this.#typed(found.value) : new Error(t('{0}: choose one of the list.', this.label))
    }
    if (type === 4 || type === 10) {
      const number = Number(this.#picked?.value ?? typed)
      if (Number.isNaN(number) || (type === 4 && !Number.isInteger(number)))
        return new Error(t('{0} must be a {1}.', this.label, kindOf(this.option)))
      return number < min || number > max ? new Error(t('{0} is out of range.', this.label)) : number
    }
    if (typed.length < shortest) return new Error(t('{0} needs at least {1} characters.', this.label, shortest))
    return this.#picked?.value ?? typed
  }

  /** @param {string} value */
  #typed(value) {
    if (this.option.type === 5) return value === 'true'
    return this.option.type === 4 || this.option.type === 10 ? Number(value) : value
  }

  /** @param {import('./listbox.js').Item} item */
  #pick(item) {
    this.#asked += 1
    this.#picked = { value: item.value, title: item.title }
    this.input.value = item.title
    this.element.classList.remove('wrong')
    this.listbox.hide(this.input)
    this.#fit()
  }

  async #offer() {
    this.#asked += 1
    const mine = this.#asked
    const typed = this.#picked ? '' : this.input.value
    if (this.#offers) {
      this.listbox.show(fitting(this.#offers, typed).slice(0, 50), {
        input: this.input,
        empty: t('Nothing fits'),
        typed,
      })
      return
    }
    const choices = await this.#door.complete(this.input.value)
    // An answer to what was typed before must not replace the one to what is typed now.
    if (mine !== this.#asked || document.activeElement !== this.input) return
    const locale = this.#door.around.locale
    this.listbox.show(
      choices.map((choice) => ({ value: String(choice.value), title: localized(choice, 'name', locale) })),
      { input: this.input },
    )
  }

  #fit() {
    const words = Math.max(this.input.value.length, this.input.placeholder.length, 4)
    if (this.option.type !== 11) this.input.style.width = `${Math.min(words + 2, 40)}ch`
  }
}
