// @ts-check
/** A small window with a list: select menus, the message menu, who to be, where to go. */
import { openDialog } from './dialog.js'
import { element } from './element.js'
import { Listbox, fitting } from './listbox.js'
import { t } from './words.js'

/** @typedef {import('./listbox.js').Item} Item */

/**
 * Lets a person choose; resolves with the chosen values, or null when they turned away.
 * @param {object} wish
 * @param {string} wish.title
 * @param {Item[]} wish.items
 * @param {Element | null} [wish.anchor] where the window belongs; in the middle without one
 * @param {boolean} [wish.filter] whether a field to narrow the list is shown (default: from eight items on)
 * @param {{ min: number, max: number, chosen: string[] }} [wish.several]
 * @returns {Promise<string[] | null>}
 */
export function choose({ title, items, anchor = null, filter = items.length > 7, several }) {
  return new Promise((resolve) => {
    const chosen = new Set(several?.chosen ?? [])
    const many = several !== undefined && several.max > 1
    /** @type {string[] | null} */
    let outcome = null
    const end = (/** @type {string[] | null} */ values) => {
      outcome = values
      dialog.close()
    }
    const listbox = new Listbox({
      label: title,
      multiple: many,
      onPick(item) {
        if (!many) return end([item.value])
        if (!chosen.delete(item.value) && chosen.size < several.max) chosen.add(item.value)
        refresh()
      },
    })
    const attributes = {
      type: 'text',
      class: 'filter',
      placeholder: filter ? t('Search') : title,
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-label': title,
      autocomplete: 'off',
      readonly: !filter,
    }
    const input = element('input', attributes)
    const done = element(
      'button',
      { type: 'button', class: 'button primary', on: { click: () => end([...chosen]) } },
      t('Choose'),
    )
    const refresh = () => {
      const fit = fitting(items, filter ? input.value : '')
      const lines = many ? fit.map((item) => ({ ...item, checked: chosen.has(item.value) })) : fit
      listbox.show(lines, { empty: t('Nothing fits'), input, typed: input.value })
      done.disabled = several !== undefined && chosen.size < several.min
    }
    const dialog = element(
      'dialog',
      { class: `chooser ${filter ? '' : 'bare'}`, 'aria-label': title },
      element('div', { class: 'chooser-title' }, title),
      input,
      listbox.element,
      many && element('div', { class: 'chooser-foot' }, done),
    )
    input.addEventListener('input', refresh)
    dialog.addEventListener('keydown', (event) => {
      if (event.target === done) return
      if (many && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) end([...chosen])
      else listbox.key(event, { input, tab: false })
    })
    // A press on the dim surroundings lands on the dialog element itself.
    dialog.addEventListener('mousedown', (event) => {
      if (event.target === dialog) end(null)
    })
    refresh()
    openDialog(dialog, () => resolve(outcome))
    input.focus()
    place(dialog, anchor)
  })
}

/**
 * Beside its anchor on a wide screen; style.css puts it at the bottom of a narrow one.
 * @param {HTMLDialogElement} dialog
 * @param {Element | null} anchor
 */
function place(dialog, anchor) {
  if (!anchor || !matchMedia('(min-width: 701px)').matches) return
  const at = anchor.getBoundingClientRect()
  const { width, height } = dialog.getBoundingClientRect()
  const below = at.bottom + 6 + height <= innerHeight
  const top = below ? at.bottom + 6 : Math.max(8, at.top - height - 6)
  dialog.classList.add('placed')
  dialog.style.top = `${top}px`
  dialog.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`
}

/**
 * Asks for one line of text.
 * @param {{ title: string, label: string, action: string, value?: string, max?: number, body?: string }} wish
 * @returns {Promise<{ text: string, body: string } | null>}
 */
export function askText({ title, label, action, value = '', max = 100, body }) {
  return new Promise((resolve) => {
    /** @type {{ text: string, body: string } | null} */
    let outcome = null
    const input = element('input', { type: 'text', required: true, maxlength: max, value, autocomplete: 'off' })
    const area = element('textarea', { rows: 4, maxlength: 2000, required: body !== undefined })
    const dialog = element(
      'dialog',
      { class: 'form', 'aria-label': title },
      element(
        'form',
        {
          method: 'dialog',
          on: {
            submit: () => {
              outcome = { text: input.value.trim(), body: area.value }
            },
          },
        },
        element('h2', {}, title),
        element('label', {}, element('span', {}, label), input),
        body !== undefined && element('label', {}, element('span', {}, body), area),
        element(
          'div',
          { class: 'form-foot' },
          element('button', { type: 'button', class: 'button', on: { click: () => dialog.close() } }, t('Cancel')),
          element('button', { class: 'button primary' }, action),
        ),
      ),
    )
    openDialog(dialog, () => resolve(outcome?.text ? outcome : null))
    input.select()
  })
}
