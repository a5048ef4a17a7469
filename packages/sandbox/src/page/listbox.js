// @ts-check
/**
 * A list to choose from while the focus stays in a text field (the ARIA combobox pattern): the command picker, the
 * mention list, autocomplete and every chooser are one of these.
 */
import { element } from './element.js'

/** @typedef {{ value: string, title: string, detail?: string | undefined, hint?: string | undefined, face?: Node | null, checked?: boolean, danger?: boolean }} Item */

let made = 0

export class Listbox {
  /** @type {Item[]} */
  #items = []
  #at = 0
  /** What was typed when these lines were made. */
  #typed = ''
  #onPick

  /**
   * @param {object} wish
   * @param {string} wish.label
   * @param {(item: Item) => void} wish.onPick
   * @param {boolean} [wish.multiple]
   */
  constructor({ label, onPick, multiple = false }) {
    made += 1
    this.id = `list-${made}`
    this.#onPick = onPick
    const role = { role: 'listbox', 'aria-label': label, 'aria-multiselectable': multiple ? 'true' : null }
    this.element = element('div', { class: 'listbox', id: this.id, ...role, hidden: true })
    // Pressing must not take the focus out of the text field.
    this.element.addEventListener('mousedown', (event) => event.preventDefault())
    this.element.addEventListener('click', (event) => {
      const line = event.target instanceof Element ? event.target.closest('[role=option]') : null
      const item = line ? this.#items[Number(line.getAttribute('data-index'))] : undefined
      if (item) this.#onPick(item)
    })
  }

  get open() {
    return !this.element.hidden
  }

  get current() {
    return this.open ? this.#items[this.#at] : undefined
  }

  /**
   * Shows these lines, the best one first. That is the marked one as soon as something else is typed; as long as it is
   * the same, the marked one stays marked when it is still among them.
   * @param {Item[]} items
   * @param {{ empty?: string, input?: HTMLElement, typed?: string }} [options] `empty`: what stands there when there is nothing
   */
  show(items, { empty, input, typed = '' } = {}) {
    const before = typed === this.#typed ? this.#items[this.#at]?.value : undefined
    this.#typed = typed
    this.#items = items
    this.#at = Math.max(
      0,
      items.findIndex((item) => item.value === before),
    )
    this.element.hidden = items.length === 0 && !empty
    this.element.replaceChildren(
      ...items.map((item, index) => this.#line(item, index)),
      ...(items.length === 0 && empty ? [element('div', { class: 'listbox-empty' }, empty)] : []),
    )
    input?.setAttribute('aria-expanded', String(this.open))
    input?.setAttribute('aria-controls', this.id)
    this.#mark(input)
  }

  /** @param {HTMLElement} [input] */
  hide(input) {
    this.element.hidden = true
    this.#items = []
    this.#at = 0
    input?.setAttribute('aria-expanded', 'false')
    input?.removeAttribute('aria-activedescendant')
  }

  /** @param {number} by @param {HTMLElement} [input] */
  move(by, input) {
    if (this.#items.length === 0) return
    this.#at = (this.#at + by + this.#items.length) % this.#items.length
    this.#mark(input)
  }

  /**
   * Arrow keys, Enter and Tab; answers whether the key was meant for the list.
   * @param {KeyboardEvent} event
   * @param {{ input?: HTMLElement, tab?: boolean }} [options]
   */
  key(event, { input, tab = true } = {}) {
    if (!this.open || event.isComposing) return false
    const current = this.current
    if (event.key === 'ArrowDown') this.move(1, input)
    else if (event.key === 'ArrowUp') this.move(-1, input)
    else if ((event.key === 'Enter' || (tab && event.key === 'Tab' && !event.shiftKey)) && current)
      this.#onPick(current)
    else return false
    if (event.key !== 'Tab') event.preventDefault()
    return true
  }

  /** @param {HTMLElement | undefined} input */
  #mark(input) {
    for (const [index, line] of [...this.element.querySelectorAll('[role=option]')].entries()) {
      const here = index === this.#at
      line.classList.toggle('current', here)
      if (!here) continue
      line.scrollIntoView({ block: 'nearest' })
      input?.setAttribute('aria-activedescendant', line.id)
    }
  }

  /** @param {Item} item @param {number} index */
  #line(item, index) {
    const attributes = {
      role: 'option',
      id: `${this.id}-${index}`,
      'data-index': index,
      class: item.danger ? 'danger' : '',
      'aria-selected': String(item.checked ?? false),
    }
    return element(
      'div',
      attributes,
      item.checked !== undefined && element('span', { class: 'check', 'aria-hidden': 'true' }, item.checked ? '✓' : ''),
      item.face ?? null,
      element('span', { class: 'option-title' }, item.title),
      item.detail && element('span', { class: 'option-detail' }, item.detail),
      item.hint && element('span', { class: 'option-hint' }, item.hint),
    )
  }
}

/**
 * The items that fit what was typed: those that begin with it first, then those that contain it.
 * @template {Item} T
 * @param {T[]} items
 * @param {string} typed
 * @returns {T[]}
 */
export function fitting(items, typed) {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return items
  const rank = (/** @type {T} */ item) => {
    const title = item.title.toLowerCase().replace(/^[/#@]/, '')
    if (title.startsWith(wanted)) return 0
    if (title.includes(wanted)) return 1
    return item.detail?.toLowerCase().includes(wanted) || item.value.toLowerCase() === wanted ? 2 : 3
  }
  return items
    .map((item) => ({ item, at: rank(item) }))
    .filter(({ at }) => at < 3)
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
