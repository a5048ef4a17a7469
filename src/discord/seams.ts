import { closes, fenceOf, isRow, leaves, type Fence } from './blocks.ts'

/**
 * Where prose and code may be cut. Every answer depends on what stands before the place (and on a handful of
 * characters behind it), never on how the text goes on: that keeps earlier messages as they are while an answer grows.
 */

/** How good a place is, best first. */
export type SeamKind = 'paragraph' | 'line' | 'sentence' | 'word'

export interface Seam {
  /** Offset of the first character behind the cut. */
  readonly at: number
  readonly kind: SeamKind
}

/** Beyond these lengths a bracket or back-quote that is still open is taken for a stray one. */
const longest = { label: 300, link: 1500, span: 500 }
/** How far a seam looks ahead: enough to see a fence, a bar or a combining mark. */
export const lookahead = 8

/** Seams of a text up to `end`, in order. `inside`: the code block that the text begins in. */
export function seamsOf(text: string, end: number, inside: Fence | null): readonly Seam[] {
  const seams: Seam[] = []
  let code = inside
  for (let start = 0, stop = 0; start < end; start = stop) {
    const feed = text.indexOf('\n', start)
    stop = feed === -1 ? text.length : feed + 1
    const line = text.slice(start, feed === -1 ? stop : feed)
    const before = code
    code = codeAfter(code, line)
    if (before === null && code === null) seams.push(...seamsWithin(line, start).filter((seam) => seam.at <= end))
    if (feed === -1 || stop > end) continue
    const next = text.slice(stop, stop + lookahead)
    const fenceFollows = /^[ \t>]*(`{3}|~{3})/.test(next)
    // Directly behind the opening of a code block, or before its end, a cut would leave an empty one.
    if (code !== null && (before === null || fenceFollows)) continue
    const tableFollows = /^[ \t]*\|/.test(next) && !isRow(line)
    const better = code === null && (before !== null || line.trim() === '' || fenceFollows || tableFollows)
    seams.push({ at: stop, kind: better ? 'paragraph' : 'line' })
  }
  return seams
}

function codeAfter(code: Fence | null, line: string): Fence | null {
  if (code === null || leaves(line, code)) return fenceOf(line)
  return closes(line, code) ? null : code
}

/** Sentence and word ends of one line of prose, none inside a link, an address or a code span. */
function seamsWithin(line: string, offset: number): readonly Seam[] {
  const seams: Seam[] = []
  const hold = openings(line)
  for (const space of line.matchAll(/[ \t\u3000]+/g)) {
    const at = space.index + space[0].length
    if (at === line.length || hold[at] === 1 || joins(line.slice(at, at + 2))) continue
    const sentence = /[.!?…:;]["')\]]*$/.test(line.slice(Math.max(0, space.index - 4), space.index))
    seams.push({ at: offset + at, kind: sentence ? 'sentence' : 'word' })
  }
  for (const stop of line.matchAll(/[。！？]/g)) {
    const at = stop.index + 1
    if (at < line.length && hold[at] !== 1 && !joins(line.slice(at, at + 2))) {
      seams.push({ at: offset + at, kind: 'sentence' })
    }
  }
  return seams.sort((a, b) => a.at - b.at)
}

/** Whether a cut at this offset of a text would fall into a link, an address or a code span of its line. */
export function isHeld(text: string, at: number): boolean {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const line = text.slice(start, at)
  return openings(line)[line.length] === 1 || /(?:h|ht|htt|https?|https?:|https?:\/)$/.test(line)
}

/** For each offset of a line, 1 when what stands before it leaves a link, an address or a code span open. */
function openings(line: string): Uint8Array {
  const held = new Uint8Array(line.length + 1)
  let span = { ticks: 0, from: 0 }
  let link = none
  let address = false
  for (let at = 0; at < line.length;) {
    const char = line[at] as string
    let next = at + 1
    if (char === '`') {
      while (line[next] === '`') next++
      const ticks = next - at
      for (let inside = at + 1; inside < next; inside++) held[inside] = 1
      if (span.ticks === 0) span = { ticks, from: at }
      else if (span.ticks === ticks) span = { ticks: 0, from: 0 }
    } else if (span.ticks === 0) {
      if (char === '\\') next = Math.min(line.length, at + 2)
      else link = linkAfter(link, char, line[at - 1], at)
    }
    if (span.ticks > 0 && next - span.from > longest.span) span = { ticks: 0, from: 0 }
    if (link.from !== -1 && next - link.from > (link.target ? longest.link : longest.label)) link = none
    if (/[\s<>]/.test(char)) address = false
    else if (!address && /https?:\/\/$/.test(line.slice(Math.max(0, next - 8), next))) address = true
    if (span.ticks > 0 || link.from !== -1 || address) held[next] = 1
    at = next
  }
  return held
}

interface Link {
  readonly from: number
  readonly depth: number
  readonly target: boolean
}

const none: Link = { from: -1, depth: 0, target: false }

/** `[label](target)`, also an image's `![…](…)`. Between `]` and `(` it is still open: the target may follow. */
function linkAfter(link: Link, char: string, before: string | undefined, at: number): Link {
  if (link.from === -1) return char === '[' ? { from: at, depth: 1, target: false } : none
  if (link.target) {
    const depth = link.depth + (char === '(' ? 1 : char === ')' ? -1 : 0)
    return depth === 0 ? none : { ...link, depth }
  }
  if (link.depth === 0)
    return before === ']' && char === '(' ? { ...link, depth: 1, target: true } : linkAfter(none, char, before, at)
  return { ...link, depth: link.depth + (char === '[' ? 1 : char === ']' ? -1 : 0) }
}

/** Whether a text begins with something that belongs to the character before it, or would be a fence at a line's start. */
function joins(text: string): boolean {
  return /^(?:\p{Mark}|\u200d|\ufe0f|`{2}|~{2})/u.test(text)
}
