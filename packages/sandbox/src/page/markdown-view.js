// @ts-check
/** Draws the tree of markdown.js as DOM nodes; names of people, roles and channels come from the store. */
import { element } from './element.js'
import { highlight } from './highlight.js'
import { parse } from './markdown.js'
import { timestamp } from './timestamps.js'
import { t } from './words.js'

/** @typedef {import('./markdown.js').Inline} Inline */
/** @typedef {{ store: import('./store.js').Store, guildId?: string | undefined }} Names */

const TAGS = /** @type {const} */ ({ strong: 'strong', em: 'em', u: 'u', s: 's', quote: 'blockquote' })

/**
 * @param {string} source
 * @param {Names} names
 * @returns {Node[]}
 */
export function drawMarkdown(source, names) {
  return draw(parse(source), names)
}

/**
 * A message in one line, as a reply quotes it: no marks, names for ids.
 * @param {string} source
 * @param {Names} names
 */
export function plainLine(source, names) {
  const drawn = element('div', {}, drawMarkdown(source, names))
  for (const head of drawn.querySelectorAll('.code-head')) head.remove()
  for (const hidden of drawn.querySelectorAll('.spoiler')) hidden.textContent = '▒▒▒'
  for (const end of drawn.querySelectorAll('br')) end.replaceWith(' ')
  for (const block of drawn.querySelectorAll('h3, h4, h5, li, blockquote, div')) block.append(' ')
  return (drawn.textContent ?? '').replaceAll(/\s+/g, ' ').trim()
}

/**
 * @param {Inline[]} tree
 * @param {Names} names
 * @returns {Node[]}
 */
function draw(tree, names) {
  return tree.map((node) => drawOne(node, names))
}

/**
 * @param {Inline} node
 * @param {Names} names
 * @returns {Node}
 */
function drawOne(node, names) {
  switch (node.type) {
    case 'text':
      return document.createTextNode(node.text)
    case 'break':
      return element('br')
    case 'strong':
    case 'em':
    case 'u':
    case 's':
    case 'quote':
      return element(TAGS[node.type], {}, draw(node.children, names))
    case 'subtext':
      return element('div', { class: 'subtext' }, draw(node.children, names))
    case 'heading': {
      const tag = /** @type {const} */ (['h3', 'h4', 'h5'])[node.level - 1] ?? 'h5'
      return element(tag, { class: `level-${node.level}` }, draw(node.children, names))
    }
    case 'list': {
      const items = node.items.map((item) => element('li', {}, draw(item, names)))
      return node.ordered ? element('ol', { start: node.start }, items) : element('ul', {}, items)
    }
    case 'spoiler': {
      const attributes = {
        class: 'spoiler',
        role: 'button',
        tabindex: 0,
        'data-act': 'spoiler',
        'aria-label': t('Spoiler'),
      }
      return element('span', attributes, element('span', {}, draw(node.children, names)))
    }
    case 'code':
      return element('code', {}, node.text)
    case 'block':
      return codeBlock(node.language, node.text)
    case 'link':
      return element('a', { href: node.href, target: '_blank', rel: 'noreferrer noopener' }, draw(node.children, names))
    case 'time':
      return timestamp(node.at, node.style)
    case 'emoji':
      return document.createTextNode(`:${node.name}:`)
    case 'everyone':
      return element('span', { class: 'mention' }, node.text)
    case 'command':
      return element('span', { class: 'mention' }, `/${node.name}`)
    case 'user': {
      const mine = node.id === names.store.me?.id ? ' mine' : ''
      return element(
        'span',
        { class: `mention${mine}`, 'data-user': node.id },
        `@${names.store.nameOf(node.id, names.guildId)}`,
      )
    }
    case 'role': {
      const role = names.guildId ? names.store.guilds.get(names.guildId)?.roles.get(node.id) : undefined
      return element('span', { class: 'mention' }, `@${role?.name ?? 'unknown-role'}`)
    }
    case 'channel': {
      const channel = names.store.channels.get(node.id)
      const attributes = {
        class: 'mention',
        type: 'button',
        'data-act': 'go',
        'data-channel': node.id,
        disabled: !channel,
      }
      return element('button', attributes, `#${channel ? names.store.titleOf(channel) : 'unknown'}`)
    }
  }
}

/** @param {string} language @param {string} text */
function codeBlock(language, text) {
  return element(
    'div',
    { class: 'code-block' },
    element(
      'div',
      { class: 'code-head' },
      element('span', {}, language || 'text'),
      element('button', { type: 'button', 'data-act': 'copy-code' }, t('Copy')),
    ),
    element('pre', { tabindex: 0 }, element('code', {}, highlight(language, text))),
  )
}
