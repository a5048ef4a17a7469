// @ts-check
/** What stands above the text box: whom one replies to, that one edits, and the files that will go along. */
import { element, icon } from './element.js'
import { sizeOf } from './embeds.js'
import { ICONS } from './icons.js'
import { t } from './words.js'

/**
 * @param {object} notes
 * @param {string | null} notes.replyingTo
 * @param {boolean} notes.editing
 * @param {File[]} notes.files
 * @param {() => void} notes.onCancelReply
 * @param {() => void} notes.onCancelEdit
 * @param {(file: File) => void} notes.onRemove
 * @returns {Node[]}
 */
export function drawNotes({ replyingTo, editing, files, onCancelReply, onCancelEdit, onRemove }) {
  const notes = []
  if (replyingTo !== null) notes.push(note([t('Replying to '), element('strong', {}, replyingTo)], onCancelReply))
  if (editing) notes.push(note([t('Editing your message. Enter saves, Esc leaves it as it was.')], onCancelEdit))
  if (files.length > 0)
    notes.push(
      element(
        'div',
        { class: 'composer-files' },
        files.map((file) => chip(file, onRemove)),
      ),
    )
  return notes
}

/** @param {(Node | string)[]} words @param {() => void} click */
function note(words, click) {
  const cancel = element('button', { type: 'button', class: 'as-link', on: { click } }, t('Cancel'))
  return element('div', { class: 'composer-note' }, words, cancel)
}

/** @param {File} file @param {(file: File) => void} onRemove */
function chip(file, onRemove) {
  const attributes = { type: 'button', 'aria-label': t('Remove {0}', file.name), on: { click: () => onRemove(file) } }
  const size = element('small', {}, sizeOf(file.size))
  return element(
    'span',
    { class: 'attached-file' },
    icon(ICONS.file),
    file.name,
    size,
    element('button', attributes, icon(ICONS.close)),
  )
}
