/**
 * An agent writes the Markdown of GitHub; Discord knows a part of it, and means something else by some. Prose is said
 * here in what Discord knows, so that it reads as it was meant, leads where it says, and fetches nothing.
 */

/** Code spans, escapes, links and addresses: whatever of these comes first at a place. */
const token =
  /(?<ticks>`+)|(?<escape>\\[^\n])|<(?<angled>https?:\/\/[^\s<>]+)>|!?\[(?<label>(?:[^[\]\\\n]|\\.|\[[^[\]\n]*\]){0,300})\]\(\s*<?(?<target>(?:[^\s()<>]|\([^\s()<>]*\)){1,1500})>?(?:\s+"[^"\n]*")?\s*\)|(?<address>https?:\/\/[^\s<>]+)/gu

/** Prose as Discord shows it right. Every line stays a line. */
export function restated(prose: string): string {
  return inline(prose).split('\n').map(block).join('\n')
}

/** At most so many characters more than it had; only ever grows when characters are added at the end. */
export function restatingCost(prose: string): number {
  const count = (pattern: RegExp): number => prose.match(pattern)?.length ?? 0
  return 3 * count(/\]\(/g) + 2 * count(/:\/\//g) + count(/`/g)
}

/** Headings below the third, and boxes to tick: Discord has neither. */
function block(line: string): string {
  const heading = /^( {0,3})#{4,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/.exec(line)
  if (heading !== null) {
    const [, indent = '', text = ''] = heading
    return text === '' || text.includes('**') ? indent + text : `${indent}**${text}**`
  }
  return line.replace(/^([ \t]*(?:>[ \t]?)*[-*+][ \t]+)\[([ xX])\](?=[ \t])/, (_, before: string, tick: string) =>
    before.concat(tick === ' ' ? '☐' : '☑'),
  )
}

function inline(text: string): string {
  let shown = ''
  let from = 0
  // A label is looked through in the same way, so each look keeps its own place.
  const tokens = new RegExp(token)
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    shown += text.slice(from, found.index)
    const { ticks, label, target, address } = found.groups as Readonly<Record<string, string | undefined>>
    if (ticks !== undefined) {
      const [drawn, end] = span(text, found.index, ticks)
      shown += drawn
      tokens.lastIndex = end
    } else if (target !== undefined) shown += link(label ?? '', target)
    else if (address !== undefined) {
      const bare = addressIn(address)
      shown += `<${bare}>`
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
