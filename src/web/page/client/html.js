// @ts-check
import htm from './htm.js'
import { h } from './preact.js'

/** What is drawn, written as a template. Text in it is text: nothing that comes from people or agents becomes markup. */
export const html = htm.bind(h)

/** What was written into a field of a form. @param {HTMLFormElement} form @param {string} field */
export function typed(form, field) {
  const value = new FormData(form).get(field)
  return typeof value === 'string' ? value : ''
}

/** Whether something was blotted out in a text. @param {string[]} texts */
export function isHidden(...texts) {
  return texts.some((text) => text.includes('••••••••'))
}
