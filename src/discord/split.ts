import { blocksOf, closes, isQuoted, isRow, leaves, unquoted, type Fence, type TextBlock } from './blocks.ts'
import { restated, restatingCost } from './prose.ts'
import { isHeld, lookahead, seamsOf, type SeamKind } from './seams.ts'
import { drawTable, tableCost } from './table.ts'

/** Discord takes 2,000 characters in a message. It counts code points, which are never more than our UTF-16 units. */
export const messageLimit = 2000

export interface SplitOptions {
  /** Longest drawn text of a part, in UTF-16 units. */
  readonly limit: number
  /** Where parts that are closed for good end. */
  readonly frozen: readonly number[]
  /** Give no more parts than this; what is behind them is left out. */
  readonly most?: number
  /** It is an agent's: what Discord does not know, or would fetch, is said in what it knows. */
  readonly foreign?: boolean
}

/** A part of a text: what one message shows. */
export interface Slice {
  /** Offsets into the text; the part before ends where this one starts. */
  readonly start: number
  readonly end: number
  /** As it is shown: tables drawn, a code block that was cut closed here and opened again in the next part. */
  readonly drawn: string
}

/** What the parts before leave open at an offset. */
interface Context {
  readonly fence: Fence | null
  /** Header and separator line of a table that was cut between its rows. */
  readonly table: string | null
}

/** A longer header is not said again in the next part. */
const longestHead = 300

/** A closing line that was not there, and what stands before both lines. */
const fenceCost = 12

const nothingOpen: Context = { fence: null, table: null }
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * Cuts Markdown into parts that fit a message. When the text grows, every part but the last stays as it is: each cut
 * looks only at its own part and a few characters behind it. No visible character is lost.
 */
export function split(text: string, options: SplitOptions): readonly Slice[] {
  const slices: Slice[] = []
  const most = options.most ?? Number.POSITIVE_INFINITY
  const isForeign = options.foreign === true
  let context = nothingOpen
  let start = 0
  for (const frozen of options.frozen) {
    const end = Math.max(start, Math.min(frozen, text.length))
    const part = opened(text, start, end, context)
    slices.push({ start, end, drawn: drawn(part, isForeign) })
    context = contextAfter(part)
    start = end
  }
  while (slices.length < most && firstShown(text, start, context) !== -1) {
    const end = endOf(text, start, context, options.limit)
    const part = opened(text, start, end, context)
    slices.push({ start, end, drawn: drawn(part, isForeign) })
    context = contextAfter(part)
    start = end
  }
  return slices
}

/** The latest end of an agent's text that fits the limit, as a part of its own, beginning at a line where it can. */
export function tailOf(text: string, from: number, limit: number): string {
  let start = Math.max(from, text.length - limit)
  for (;;) {
    const part = opened(text, start, text.length, contextAfter(text.slice(0, start)))
    if (cost(part) <= limit) return drawn(part, true)
    const feed = text.indexOf('\n', start + 1)
    start = feed === -1 || feed > text.length - limit / 3 ? Math.min(text.length, start + 64) : feed + 1
    if (isLowSurrogate(text, start)) start++
  }
}

/** A text with what it needs before it to read as what it is. */
function opened(text: string, start: number, end: number, context: Context): string {
  const { fence, table } = context
  const rest = text.slice(start, end)
  if (fence !== null) {
    const line = firstLine(rest)
    // Nothing of the code block is left but its end: opening it again would show an empty one.
    if (closes(line, fence)) return rest.slice(line.length).trimStart()
    if (leaves(line, fence)) return rest.trimStart()
    return `${fence.before}${fence.mark}${fence.info}\n${rest}`
  }
  if (table !== null && isRow(firstLine(rest))) return table + rest
  return rest.trimStart()
}

/** Offset of the first character that a part beginning here shows; -1 when nothing is left to show. */
function firstShown(text: string, start: number, context: Context): number {
  const line = firstLine(text.slice(start, start + messageLimit))
  const ended = context.fence !== null && closes(line, context.fence)
  return firstVisible(text, ended ? start + line.length : start)
}

function firstVisible(text: string, from: number): number {
  const visible = /\S/g
  visible.lastIndex = from
  return visible.exec(text)?.index ?? -1
}

/** How a part is shown. Empty when nothing of it is visible. */
function drawn(part: string, isForeign: boolean): string {
  let shown = ''
  const said = (text: string): string => (isForeign ? plain(text) : text)
  for (const block of blocksOf(part.replaceAll('\r\n', '\n').replaceAll('\r', ' '))) {
    if (block.kind === 'table') shown += drawTable(said(block.head), block.rows.map(said))
    else if (block.kind === 'prose') shown += isForeign ? restated(said(block.text)) : block.text
    else shown += drawCode(languageOf(block.fence.info) === 'ansi' ? block : { ...block, text: said(block.text) })
  }
  return shown.trim()
}

/**
 * A terminal's colours and other controls, which tools write and Discord shows as rubbish (but in a code block that says
 * it is `ansi`). Text of nothing else stays.
 */
function plain(text: string): string {
  const bare = text.replaceAll(controls, '')
  return bare.trim() === '' ? text : bare
}

/** With their marks: what a colour is, what a window is called, which letters are meant. */
const controls = new RegExp(
  String.raw`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[()][0-Z])?|(?![\n\t])\p{Cc}`,
  'gu',
)

/**
 * Discord knows one fence, of three back-quotes, which ends at the next three. Other ones are drawn as that; a block in a
 * list item stands for itself, one in a quotation stays in it.
 */
function drawCode({ text, fence }: Extract<TextBlock, { kind: 'code' }>): string {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  const isClosed = lines.length > 1 && closes(lines.at(-1) as string, fence)
  const before = isQuoted(fence) ? '> ' : ''
  const code = lines
    .slice(1, isClosed ? -1 : undefined)
    .map((line) => unquoted(line, fence).replaceAll('```', '`\u200b`\u200b`'))
  // One with nothing in it would be none for Discord, and its marks would begin another.
  if (code.every((line) => line.trim() === '')) code.push('\u200b')
  return [`\`\`\`${languageOf(fence.info)}`, ...code, '```'].map((line) => `${before}${line}\n`).join('')
}

/** At least the length of the drawn part; only ever grows when characters are added at the end of the part. */
function cost(part: string): number {
  let sum = 0
  for (const block of blocksOf(part)) {
    sum += block.kind === 'table' ? tableCost(block.head, block.rows) : block.text.length
  }
  // Whatever a line turns out to be when more comes, it costs no less than now.
  sum += restatingCost(part) + 2 * (part.match(/```/g)?.length ?? 0)
  const hasFence = /`{3,}|~{3,}/.test(part)
  return sum + (hasFence ? fenceCost + 2 * (part.match(/^[ \t]*>/gm)?.length ?? 0) : 0)
}

function contextAfter(part: string): Context {
  const last = blocksOf(part).at(-1)
  if (last?.kind === 'code' && !last.closed) {
    const { mark, info, before } = last.fence
    // What it hung on was shown; its lines stand as deep as they did.
    const blanks = isQuoted(last.fence) ? before : ' '.repeat(before.length)
    return { fence: { mark, info: languageOf(info), before: blanks }, table: null }
  }
  const goesOn = last?.kind === 'table' && part.endsWith('\n') && last.head.length <= longestHead
  return goesOn ? { fence: null, table: last.head } : nothingOpen
}

const atLeast: readonly (readonly [SeamKind, number])[] = [
  ['paragraph', 0.5],
  ['line', 0.5],
  ['sentence', 0.5],
  ['word', 0.5],
]

/** Where a part that begins at `start` ends. */
function endOf(text: string, start: number, context: Context, limit: number): number {
  const fits = (end: number, room: number): boolean => cost(opened(text, start, end, context)) <= room
  const first = firstShown(text, start, context)
  // Blanks before the first visible character cost nothing; otherwise no part is longer than the limit.
  const widest = Math.max(first, start) + limit
  if (text.length <= widest && fits(text.length, limit)) return text.length
  // Stays below the limit by more than a seam looks ahead, so that whatever it looks at is there already.
  const room = limit - 4 * lookahead
  let low = start
  let high = Math.min(widest - 4 * lookahead, text.length)
  // Plain prose costs what it is long, so that the first look is the last.
  if (fits(high, room)) low = high
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (fits(middle, room)) low = middle
    else high = middle - 1
  }
  const window = text.slice(start, low + lookahead)
  const seams = seamsOf(window, low - start, context.fence).filter((seam) => start + seam.at > first)
  for (const [kind, share] of atLeast) {
    const found = seams.findLast((seam) => seam.kind === kind && seam.at >= share * (low - start))
    if (found !== undefined) return start + found.at
  }
  const any = seams.at(-1)
  return any === undefined ? graphemeEnd(text, start, first, low) : start + any.at
}

/** A cut where there is no better place: between characters as people see them, before a link or address if it can. */
function graphemeEnd(text: string, start: number, first: number, end: number): number {
  const ends: number[] = []
  for (const { index } of segmenter.segment(text.slice(start, end + lookahead))) {
    if (start + index > first && start + index <= end) ends.push(start + index)
  }
  const free = ends.findLast((at) => !isHeld(text.slice(start, at), at - start))
  // A back-quote at the beginning of the next part would mean something else there.
  const mild = (all: readonly number[]): number | undefined => all.findLast((at) => text[at] !== '`')
  const found = (free !== undefined && text[free] !== '`' ? free : mild(ends)) ?? free ?? ends.at(-1)
  if (found !== undefined) return found
  // One single character longer than a message (a letter with thousands of accents).
  const forced = Math.max(start + 1, end)
  return isLowSurrogate(text, forced) ? Math.max(start + 2, forced - 1) : forced
}

function isLowSurrogate(text: string, at: number): boolean {
  return /^[\udc00-\udfff]/.test(text.slice(at, at + 1))
}

/** The language in the info of a fence, when that begins with one. */
function languageOf(info: string): string {
  return /^[\w+#.-]{1,20}(?=\s|$)/.exec(info)?.[0] ?? ''
}

function firstLine(text: string): string {
  const feed = text.indexOf('\n')
  return feed === -1 ? text : text.slice(0, feed)
}
