// @ts-check
/** Colours for code blocks: enough to read a diff or a function at a glance, in one pass, for any language. */
import { element } from './element.js'

const WORDS = new Set(
  `abstract and as async await break case catch class const continue def default delete do elif else enum except export
  extends false finally fn for from func function if impl implements import in interface is let loop match mod mut new
  nil none None not null or package pass private protected pub public raise return self static struct super switch
  then this throw trait true True False try type typeof undefined use var void while with yield`.split(/\s+/),
)
const HASH_COMMENTS = new Set([
  'py',
  'python',
  'sh',
  'bash',
  'zsh',
  'shell',
  'yaml',
  'yml',
  'toml',
  'rb',
  'ruby',
  'ini',
  'dockerfile',
  'make',
])
const PLAIN = new Set(['', 'text', 'txt', 'md', 'markdown', 'log', 'ansi'])
const PIECE =
  /(\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|#[^\n]*)|("(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\.|[^`\\])*`?)|(\b\d[\w.]*)|([A-Za-z_$][\w$]*)/g

/**
 * @param {string} language
 * @param {string} text
 * @returns {Node[]}
 */
export function highlight(language, text) {
  const name = language.toLowerCase()
  if (PLAIN.has(name)) return [document.createTextNode(text)]
  if (name === 'diff' || name === 'patch') return diff(text)
  /** @type {Node[]} */
  const out = []
  let from = 0
  const add = (/** @type {number} */ to) => {
    if (to > from) out.push(document.createTextNode(text.slice(from, to)))
  }
  for (const match of text.matchAll(PIECE)) {
    const kind = kindOf(match, name)
    if (!kind) continue
    add(match.index)
    out.push(element('span', { class: kind }, match[0]))
    from = match.index + match[0].length
  }
  add(text.length)
  return out
}

/** @param {RegExpExecArray} match @param {string} language */
function kindOf(match, language) {
  if (match[1] !== undefined) return match[1].startsWith('#') && !HASH_COMMENTS.has(language) ? null : 'hl-comment'
  if (match[2] !== undefined) return 'hl-string'
  if (match[3] !== undefined) return 'hl-number'
  return WORDS.has(match[0]) ? 'hl-word' : null
}

/** @param {string} text */
function diff(text) {
  return text.split(/(?<=\n)/).map((line) => {
    if (line.startsWith('@@') || line.startsWith('+++') || line.startsWith('---'))
      return element('span', { class: 'hl-comment' }, line)
    if (line.startsWith('+')) return element('span', { class: 'hl-added' }, line)
    if (line.startsWith('-')) return element('span', { class: 'hl-removed' }, line)
    return document.createTextNode(line)
  })
}
