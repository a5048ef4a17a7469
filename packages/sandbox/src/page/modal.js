// @ts-check
/** A form that an application opens: text fields, selects, choices and files, in both generations of components. */
import { choose } from './chooser.js'
import { SELECTS, choicesOf, presetOf } from './components.js'
import { openDialog } from './dialog.js'
import { element, icon } from './element.js'
import { ICONS } from './icons.js'
import { drawMarkdown } from './markdown-view.js'
import { t } from './words.js'

/** @typedef {{ type: number, id: string, read: () => Record<string, unknown> }} Reader a field and what it says on the wire */

/**
 * Shows the form until the application has taken it or the person closes it; what was typed stays when sending fails.
 * @param {any} modal what INTERACTION_MODAL_CREATE brought
 * @param {import('./session.js').Session} session
 */
export function openModal(modal, session) {
  const guildId = session.store.channels.get(modal.channel_id)?.guild_id
  const names = { store: session.store, guildId }
  /** @type {File[]} */
  const files = []
  /** @type {(() => any)[]} */
  const readers = []
  const body = (modal.components ?? []).map((/** @type {any} */ part) => {
    const { node, read } = drawPart(part, names, files)
    if (read) readers.push(read)
    return node
  })
  const application =
    modal.application?.name ??
    session.store.users.get(modal.application?.id ?? modal.application_id)?.username ??
    t('the application')
  const failure = element('div', { class: 'failure', role: 'alert', hidden: true })
  const submit = element('button', { class: 'button primary' }, t('Submit'))
  const send = async () => {
    files.length = 0
    const components = readers.map((read) => read())
    submit.disabled = true
    failure.hidden = true
    const failed = await session.interactions.submit(modal, components, files)
    submit.disabled = false
    if (failed === null) dialog.close()
    failure.hidden = false
    failure.textContent = t('{0} Your words are still here.', failed ?? '')
  }
  const dialog = element(
    'dialog',
    { class: 'form modal', 'aria-label': modal.title },
    element(
      'form',
      {
        method: 'dialog',
        on: {
          submit: (event) => {
            event.preventDefault()
            void send()
          },
        },
      },
      element('h2', {}, modal.title),
      element('p', { class: 'form-note' }, t('This form goes to {0}. Do not write passwords here.', application)),
      ...body,
      failure,
      element(
        'div',
        { class: 'form-foot' },
        element('button', { type: 'button', class: 'button', on: { click: () => dialog.close() } }, t('Cancel')),
        submit,
      ),
    ),
  )
  openDialog(dialog)
  const first = dialog.querySelector('input, textarea')
  if (first instanceof HTMLElement) first.focus()
}

/**
 * @param {any} part
 * @param {import('./markdown-view.js').Names} names
 * @param {File[]} files
 * @returns {{ node: Node, read?: () => any }}
 */
function drawPart(part, names, files) {
  if (part.type === 10) return { node: element('div', { class: 'content' }, drawMarkdown(part.content ?? '', names)) }
  if (part.type === 1) {
    const inside = (part.components ?? []).map((/** @type {any} */ one) => control(one, names, files))
    const labelled = inside.map((/** @type {Control} */ one, /** @type {number} */ index) =>
      label(part.components[index], one),
    )
    return {
      node: element('div', {}, labelled),
      read: () => ({ type: 1, id: part.id, components: inside.map((/** @type {Control} */ one) => one.read()) }),
    }
  }
  const made = control(part.component ?? part, names, files)
  return {
    node: label({ ...part.component, label: part.label, description: part.description }, made),
    read: () => (part.type === 18 ? { type: 18, id: part.id, component: made.read() } : made.read()),
  }
}

/** @typedef {{ node: HTMLElement, read: () => any, group?: boolean }} Control */

/** @param {any} part @param {Control} control */
function label(part, { node, group }) {
  const words = [
    element('span', {}, part.label ?? '', part.required === false ? element('small', {}, ' optional') : null),
    part.description && element('small', { class: 'description' }, part.description),
  ]
  return group ? element('fieldset', {}, element('legend', {}, words), node) : element('label', {}, words, node)
}

/** @param {any} part @param {import('./markdown-view.js').Names} names @param {File[]} files @returns {Control} */
function control(part, names, files) {
  if (part.type === 4) return textInput(part)
  if (SELECTS.has(part.type)) return selectMenu(part, names)
  if (part.type === 19) return fileUpload(part, files)
  if (part.type === 21 || part.type === 22) return options(part)
  return checkbox(part)
}

/** @param {any} part @returns {Control} */
function textInput(part) {
  const common = {
    required: part.required !== false,
    minlength: part.min_length || null,
    maxlength: part.max_length ?? 4000,
    placeholder: part.placeholder,
    'data-custom': part.custom_id,
    'aria-label': part.label,
  }
  const input =
    part.style === 2
      ? element('textarea', { rows: 5, ...common })
      : element('input', { type: 'text', autocomplete: 'off', ...common })
  input.value = part.value ?? ''
  return { node: input, read: () => ({ type: 4, id: part.id, custom_id: part.custom_id, value: input.value }) }
}

/** @param {any} part @param {import('./markdown-view.js').Names} names @returns {Control} */
function selectMenu(part, names) {
  let values = presetOf(part)
  const items = choicesOf(part, names)
  const words = element('span', {})
  // A hidden field carries "required": the browser then keeps an unfinished form open and says why.
  const guard = element('input', {
    class: 'guard',
    tabindex: -1,
    'aria-hidden': 'true',
    required: part.required !== false,
  })
  const show = () => {
    guard.value = values.join()
    words.textContent =
      values.map((value) => items.find((item) => item.value === value)?.title ?? value).join(', ') ||
      (part.placeholder ?? t('Choose'))
    words.className = values.length > 0 ? '' : 'placeholder'
  }
  const pick = async () => {
    const several = { min: part.min_values ?? 1, max: part.max_values ?? 1, chosen: values }
    values = (await choose({ title: part.placeholder ?? t('Choose'), items, anchor: button, several })) ?? values
    show()
  }
  const button = element(
    'button',
    { type: 'button', class: 'select', 'data-custom': part.custom_id, on: { click: () => void pick() } },
    words,
    icon(ICONS.chevron),
  )
  show()
  return {
    node: element('div', { class: 'guarded' }, button, guard),
    group: true,
    read: () => ({ type: part.type, id: part.id, custom_id: part.custom_id, values }),
  }
}

/** @param {any} part @param {File[]} files @returns {Control} */
function fileUpload(part, files) {
  const input = element('input', {
    type: 'file',
    multiple: (part.max_values ?? 1) > 1,
    required: part.required !== false,
    'data-custom': part.custom_id,
  })
  const read = () => {
    const values = [...(input.files ?? [])].map((file) => String(files.push(file) - 1))
    return { type: 19, id: part.id, custom_id: part.custom_id, values }
  }
  return { node: input, read }
}

/** A radio group (21) or a checkbox group (22). @param {any} part @returns {Control} */
function options(part) {
  const radio = part.type === 21
  const inputs = part.options.map((/** @type {any} */ option) => {
    const attributes = {
      type: radio ? 'radio' : 'checkbox',
      name: part.custom_id,
      value: option.value,
      checked: option.default,
      required: radio && part.required !== false,
    }
    return element('input', attributes)
  })
  const lines = part.options.map((/** @type {any} */ option, /** @type {number} */ index) =>
    element(
      'label',
      { class: 'option' },
      inputs[index],
      element('span', {}, option.label, option.description && element('small', {}, ` ${option.description}`)),
    ),
  )
  const read = () => {
    const values = inputs
      .filter((/** @type {HTMLInputElement} */ one) => one.checked)
      .map((/** @type {HTMLInputElement} */ one) => one.value)
    const said = radio ? { value: values[0] ?? null } : { values }
    return { type: part.type, id: part.id, custom_id: part.custom_id, ...said }
  }
  return { node: element('div', { class: 'options' }, lines), group: true, read }
}

/** @param {any} part @returns {Control} */
function checkbox(part) {
  const input = element('input', { type: 'checkbox', checked: part.default, 'data-custom': part.custom_id })
  return { node: input, read: () => ({ type: 23, id: part.id, custom_id: part.custom_id, value: input.checked }) }
}
