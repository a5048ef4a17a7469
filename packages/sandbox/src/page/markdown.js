// @ts-check
/**
 * Discord's markdown, text to tree. The tree is plain data (markdown-view.js draws it), so it can be tested without a
 * browser and cannot carry markup. Dialect: Discord's "Markdown Text 101" and its chat formatting reference.
 */

/**
 * @typedef {{ type: 'text', text: string }
 *   | { type: 'strong' | 'em' | 'u' | 's' | 'spoiler' | 'quote' | 'subtext', children: Inline[] }
 *   | { type: 'heading', level: number, children: Inline[] }
 *   | { type: 'list', ordered: boolean, start: number, items: Inline[][] }
 *   | { type: 'code', text: string }
 *   | { type: 'block', language: string, text: string }
 *   | { type: 'link', href: string, children: Inline[] }
 *   | { type: 'user' | 'role' | 'channel', id: string }
 *   | { type: 'command', name: string }
 *   | { type: 'everyone', text: string }
 *   | { type: 'emoji', name: string }
 *   | { type: 'time', at: number, style: string }
 *   | { type: 'break' }} Inline
 */

/**
 * Reads a message.
 * @param {string} source
 * @returns {Inline[]}
 */
export function parse(source) {
  return blocks(source.replaceAll('\r\n', '\n'), true)
}

const FENCE = /^```(?:([\w+#.-]+)\n)?\n*([\s\S]*?)\n*```/
const HEADING = /^(#{1,3}) +(.+)$/
const SUBTEXT = /^-# +(.+)$/
const ITEM = /^( *)([-*]|\d{1,9}\.) +(.*)$/

/**
 * @param {string} source
 * @param {boolean} quotes whether quotes may begin here (they do not nest)
 * @returns {Inline[]}
 */
function blocks(source, quotes) {
  /** @type {Inline[]} */
  const out = []
  let rest = source
  let plain = ''
  const flush = () => {
    if (plain !== '') out.push(...inline(plain))
    plain = ''
  }
  while (rest !== '') {
    const lineEnd = rest.indexOf('\n')
    const line = lineEnd < 0 ? rest : rest.slice(0, lineEnd)
    const after = lineEnd < 0 ? '' : rest.slice(lineEnd + 1)
    const heading = HEADING.exec(line)
    const subtext = SUBTEXT.exec(line)
    if (quotes && rest.startsWith('>>> ')) {
      flush()
      out.push({ type: 'quote', children: blocks(rest.slice(4), false) })
      return out
    }
    if (quotes && line.startsWith('> ')) {
      flush()
      const [quoted, remaining] = takeWhile(rest, (one) =>
        one === '>' ? '' : one.startsWith('> ') ? one.slice(2) : null,
      )
      out.push({ type: 'quote', children: blocks(quoted.join('\n'), false) })
      rest = remaining
    } else if (heading) {
      flush()
      out.push({ type: 'heading', level: heading[1]?.length ?? 1, children: inline(heading[2] ?? '') })
      rest = after
    } else if (subtext) {
      flush()
      out.push({ type: 'subtext', children: inline(subtext[1] ?? '') })
      rest = after
    } else if (ITEM.test(line)) {
      flush()
      const [lines, remaining] = takeWhile(rest, (one) => (ITEM.test(one) ? one : null))
      out.push(list(lines))
      rest = remaining
    } else {
      // A fence may begin in the middle of a line and end many lines later: it goes into the text as one piece.
      const [piece, remaining] = textLine(rest)
      plain += piece
      rest = remaining
      if (rest !== '') plain += piece.endsWith('\n') ? '' : '\n'
    }
  }
  flush()
  return out
}

/**
 * One line of text, or more when a code fence that begins in it ends later.
 * @param {string} source
 * @returns {[string, string]}
 */
function textLine(source) {
  let end = source.indexOf('\n')
  if (end < 0) return [source, '']
  const fence = source.indexOf('```')
  if (fence >= 0 && fence < end) {
    const found = FENCE.exec(source.slice(fence))
    if (found) {
      const behind = fence + found[0].length
      end = source.indexOf('\n', behind)
      if (end < 0) return [source, '']
    }
  }
  return [source.slice(0, end), source.slice(end + 1)]
}

/**
 * @param {string} source
 * @param {(line: string) => string | null} wanted
 * @returns {[string[], string]}
 */
function takeWhile(source, wanted) {
  const taken = []
  let rest = source
  while (rest !== '') {
    const end = rest.indexOf('\n')
    const piece = wanted(end < 0 ? rest : rest.slice(0, end))
    if (piece === null) break
    taken.push(piece)
    rest = end < 0 ? '' : rest.slice(end + 1)
  }
  return [taken, rest]
}

/** @param {string[]} lines @returns {Inline} */
function list(lines) {
  const items = lines.map((line) => ITEM.exec(line))
  const marker = items[0]?.[2] ?? '-'
  const ordered = /^\d/.test(marker)
  const children = items.map((item) => {
    const depth = Math.min(5, Math.floor((item?.[1]?.length ?? 0) / 2))
    /** @type {Inline[]} */
    const indent = depth > 0 ? [{ type: 'text', text: '\u2003'.repeat(depth) + '◦ ' }] : []
    return [...indent, ...inline(item?.[3] ?? '')]
  })
  return { type: 'list', ordered, start: ordered ? Number.parseInt(marker, 10) : 1, items: children }
}

/** @typedef {(match: RegExpExecArray) => Inline | null} Make */

/** Tried in this order at every place where one of their first characters stands. @type {[RegExp, Make][]} */
const RULES = [
  [/^\\([^0-9A-Za-z\s])/, (m) => text(m[1])],
  [FENCE, (m) => ({ type: 'block', language: m[1] ?? '', text: m[2] ?? '' })],
  [/^``([^\n]+?)``(?!`)/, (m) => ({ type: 'code', text: m[1] ?? '' })],
  [/^`([^`\n]+)`/, (m) => ({ type: 'code', text: m[1] ?? '' })],
  [/^<@!?(\d{1,20})>/, (m) => ({ type: 'user', id: m[1] ?? '' })],
  [/^<@&(\d{1,20})>/, (m) => ({ type: 'role', id: m[1] ?? '' })],
  [/^<#(\d{1,20})>/, (m) => ({ type: 'channel', id: m[1] ?? '' })],
  [/^<\/([^:>\n]{1,100}):\d{1,20}>/, (m) => ({ type: 'command', name: m[1] ?? '' })],
  [/^<t:(-?\d{1,13})(?::([tTdDfFsSR]))?>/, (m) => ({ type: 'time', at: Number(m[1]) * 1000, style: m[2] ?? 'f' })],
  [/^<a?:(\w{2,32}):\d{1,20}>/, (m) => ({ type: 'emoji', name: m[1] ?? '' })],
  [/^<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], [text(m[1])])],
  [
    /^\[((?:\\.|[^\]\\\n])+)\]\(<?(https?:\/\/(?:[^\s<>()]|\([^\s<>()]*\))+)>?(?: +"[^"\n]*")?\)/,
    (m) => link(m[2], inline(m[1] ?? '')),
  ],
  [/^https?:\/\/[^\s<>"]+/, bareLink],
  [/^@(?:everyone|here)\b/, (m) => ({ type: 'everyone', text: m[0] })],
  [
    /^\*\*\*([^*\s](?:[\s\S]*?[^*])?)\*\*\*(?!\*)/,
    (m) => ({ type: 'em', children: [{ type: 'strong', children: inline(m[1] ?? '') }] }),
  ],
  [/^\*\*([\s\S]+?)\*\*(?!\*)/, (m) => ({ type: 'strong', children: inline(m[1] ?? '') })],
  [/^__([\s\S]+?)__(?!_)/, (m) => ({ type: 'u', children: inline(m[1] ?? '') })],
  [/^\*(?![\s*])((?:\*\*[\s\S]+?\*\*|[^*])+?)\*(?!\*)/, (m) => ({ type: 'em', children: inline(m[1] ?? '') })],
  [/^_((?:__|\\[\s\S]|[^\\_])+?)_(?![\w_])/, (m) => ({ type: 'em', children: inline(m[1] ?? '') })],
  [/^~~([\s\S]+?)~~/, (m) => ({ type: 's', children: inline(m[1] ?? '') })],
  [/^\|\|([\s\S]+?)\|\|/, (m) => ({ type: 'spoiler', children: inline(m[1] ?? '') })],
  [/^\n/, () => ({ type: 'break' })],
]
const SPECIAL = /[\\`<[*_~|@\nh]/g

/**
 * @param {string} source
 * @returns {Inline[]}
 */
function inline(source) {
  /** @type {Inline[]} */
  const out = []
  let at = 0
  let plainFrom = 0
  while (at < source.length) {
    SPECIAL.lastIndex = at
    const next = SPECIAL.exec(source)
    if (!next) break
    at = next.index
    const found = ruleAt(source, at)
    if (!found) {
      at += 1
      continue
    }
    if (at > plainFrom) out.push(text(source.slice(plainFrom, at)))
    out.push(found.node)
    at += found.length
    plainFrom = at
  }
  if (plainFrom < source.length) out.push(text(source.slice(plainFrom)))
  // A block makes its own lines: the newlines that set it apart would draw empty ones.
  return out.filter((node, index) => {
    return node.type !== 'break' || (out[index - 1]?.type !== 'block' && out[index + 1]?.type !== 'block')
  })
}

/** @param {string} source @param {number} at */
function ruleAt(source, at) {
  const character = source[at]
  const before = source[at - 1] ?? ' '
  // Inside a word an underscore or an "h" begins nothing: snake_case and "with" stay as they are.
  if ((character === '_' || character === 'h') && /[\p{L}\p{N}]/u.test(before)) return null
  const rest = source.slice(at)
  for (const [pattern, make] of RULES) {
    const match = pattern.exec(rest)
    const node = match && make(match)
    if (match && node)
      return { node, length: node.type === 'link' && match[0].startsWith('http') ? node.href.length : match[0].length }
  }
  return null
}

/** Punctuation behind an address belongs to the sentence. @type {Make} */
function bareLink(match) {
  let href = match[0].replace(/[.,:;!?'"*_~|]+$/, '')
  while (href.endsWith(')') && href.split(')').length > href.split('(').length) href = href.slice(0, -1)
  return /^https?:\/\/./.test(href) ? link(href, [text(href)]) : null
}

/** @param {string | undefined} value @returns {Inline} */
function text(value) {
  return { type: 'text', text: value ?? '' }
}

/** @param {string | undefined} href @param {Inline[]} children @returns {Inline} */
function link(href, children) {
  return { type: 'link', href: href ?? '', children }
}
