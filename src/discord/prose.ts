/**
 * An agent writes the Markdown of GitHub; Discord knows a part of it, and means something else by some. Prose is said
 * here in what Discord knows, so that it reads as it was meant, leads where it says, and fetches nothing.
 */

/** Code spans, escapes, links, addresses, some HTML, and what hides text in Discord: whatever comes first at a place. */
const token =
  /(?<ticks>`+)|(?<escape>\\[^0-9A-Za-z\s])|<(?<angled>https?:\/\/[^\s<>]+)>|!?\[(?<label>(?:[^[\]\\\n]|\\.|\[[^[\]\n]*\]){0,300})\]\(\s*<?(?<target>(?:[^\s()<>]|\([^\s()<>]*\)){1,1500})>?(?:\s+"[^"\n]*")?\s*\)|(?<bars>\|\|)|<(?<tag>\/?details(?: open)?|br ?\/?)>|<(?<pair>summary|b|strong|i|em|s|del|kbd|code|sub|sup)>(?<inner>[^\n]{1,300}?)<\/\k<pair>>|(?<address>https?:\/\/[^\s<>]+)/gu

/** Prose as Discord shows it right. */
export function restated(prose: string): string {
  return inline(prose).split('\n').map(block).join('\n')
}

/** At most so many characters more than it had; only ever grows when characters are added at the end. */
export function restatingCost(prose: string): number {
  const count = (pattern: RegExp): number => prose.match(pattern)?.length ?? 0
  return 3 * count(/\]\(/g) + 2 * count(/:\/\//g) + count(/`/g) + count(/\\h/g) + 2 * count(/\|\|/g) + count(/\[!/g)
}

/** Headings below the third, rules, boxes to tick, quotations in quotations and notes with a title: Discord has none of them. */
function block(line: string): string {
  const note = /^ {0,3}>[ \t]*\[!(note|tip|important|warning|caution)\][ \t]*$/i.exec(line)?.[1]
  if (note !== undefined) return `> **${note[0]?.toUpperCase()}${note.slice(1).toLowerCase()}**`
  // Discord draws no rule, and two of stars or low lines would make what stands between them bold or underlined.
  if (/^ {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(line)) return '───'
  // Three signs would make a quotation of all that follows.
  if (/^ {0,3}>[ \t]?>/.test(line)) return block(line.replace(/^ {0,3}>(?:[ \t]?>)+[ \t]?/, '> '))
  const heading = /^((?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])[ \t]+)*[ ]{0,3})#{4,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line)
  if (heading !== null) {
    const [, indent = '', text = ''] = heading
    return text === '' || text.includes('**') ? indent + text : `${indent}**${text}**`
  }
  return line.replace(
    /^([ \t]*(?:>[ \t]?)*(?:[-*+]|\d{1,9}[.)])[ \t]+)\[([ xX])\](?=[ \t])/,
    (_, before: string, tick: string) => before.concat(tick === ' ' ? '☐' : '☑'),
  )
}

function inline(text: string): string {
  let shown = ''
  let from = 0
  // A label is looked through in the same way, so each look keeps its own place.
  const tokens = new RegExp(token)
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    shown += text.slice(from, found.index)
    const { ticks, label, target, address, bars, tag, pair, inner } = found.groups as Readonly<
      Record<string, string | undefined>
    >
    if (ticks !== undefined) {
      const [drawn, end] = span(text, found.index, ticks)
      shown += drawn
      tokens.lastIndex = end
    } else if (target !== undefined) shown += link(label ?? '', target)
    // A spoiler in Discord, and nothing in an agent's Markdown.
    else if (bars !== undefined) shown += '\\|\\|'
    else if (tag !== undefined) shown += tag.startsWith('br') ? '\n' : ''
    else if (pair !== undefined) shown += html(pair, inner ?? '')
    else if (address !== undefined) {
      const bare = addressIn(address)
      // One that stands before a letter escapes nothing, and would escape our sign.
      const isAfterOne = found.index > from && text[found.index - 1] === '\\'
      shown += `${isAfterOne ? '\\' : ''}<${bare}>`
      tokens.lastIndex = found.index + bare.length
    } else shown += found[0]
    from = tokens.lastIndex
  }
  return shown + text.slice(from)
}

/**
 * A code span, with where it ends. Three back-quotes begin a code block in Discord wherever they stand, and one that is
 * never closed would take in the next one of another paragraph: such ones are shown as what they are.
 */
function span(text: string, at: number, ticks: string): readonly [drawn: string, end: number] {
  const rest = text.slice(at + ticks.length)
  const close = new RegExp(`(?<!\`)${ticks}(?!\`)`).exec(rest)
  const end = /\n[ \t]*\n/.exec(rest)?.index ?? rest.length
  const isClosed = close !== null && close.index > 0 && close.index < end
  const stop = at + ticks.length
  if (!isClosed) return ['\\`'.repeat(ticks.length), stop]
  const inside = rest.slice(0, close.index)
  const after = stop + close.index + ticks.length
  // Two would be the most that can stand around it, and only three together mean anything else.
  if (ticks.length < 3) return [`${ticks}${inside.replaceAll('```', 'ˋˋˋ')}${ticks}`, after]
  return [`\`${inside.replaceAll('`', 'ˋ')}\``, after]
}

/** The little of HTML that agents write between their words. */
function html(tag: string, inner: string): string {
  const said = inline(tag === 'summary' ? inner.replaceAll(/<\/?(?:b|strong|h\d)>/g, '') : inner)
  if (tag === 'kbd' || tag === 'code') return inner.includes('`') ? said : `\`${inner}\``
  return `${marksOf[tag]?.[0] ?? ''}${said}${marksOf[tag]?.[1] ?? ''}`
}

const marksOf: Readonly<Record<string, readonly [before: string, after: string]>> = {
  summary: ['**', '**'],
  b: ['**', '**'],
  strong: ['**', '**'],
  i: ['*', '*'],
  em: ['*', '*'],
  s: ['~~', '~~'],
  del: ['~~', '~~'],
  sup: ['^', ''],
}

/** Where it leads is said, and nothing is fetched for a preview. */
function link(label: string, target: string): string {
  const isAddress = /^https?:\/\//i.test(target)
  const said = label.trim()
  const same = said === '' || said === target || `https://${said}` === target || `http://${said}` === target
  if (!isAddress) return same ? target : `${said} (${target})`
  const to = `<${addressIn(target, false)}>`
  return same ? to : `${inline(said)} (${to})`
}

/** As much of it as Discord takes for the address: no punctuation behind it, no bracket that it did not open. */
function addressIn(text: string, trims = true): string {
  let bare = text.replaceAll('`', '%60')
  if (!trims) return bare
  bare = text.slice(0, /^[^`]*/.exec(text)?.[0].length)
  for (;;) {
    const next = bare.replace(/[.,:;!?"'*_~|\]]+$/, '')
    const opens = next.split('(').length
    const closes = next.split(')').length
    const trimmed = next.endsWith(')') && closes > opens ? next.slice(0, -1) : next
    if (trimmed === bare) return bare
    bare = trimmed
  }
}
