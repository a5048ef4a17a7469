/**
 * What a line of Markdown belongs to: prose, a fenced code block or a table. Reads only backwards, so that the blocks
 * of a text stay what they are when more text comes behind them (but for the very last line).
 */
export type TextBlock =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly fence: Fence; readonly closed: boolean }
  | { readonly kind: 'table'; readonly head: string; readonly rows: readonly string[] }

/** The line that opens a code block. */
export interface Fence {
  /** Its back-quotes or tildes, as many as were written. */
  readonly mark: string
  /** What stands behind them: the language. */
  readonly info: string
  /** Where it stands: behind the signs of a quotation, of list items, or blanks. */
  readonly before: string
}

const opening = /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}(?=[^`]*$)|~{3,})(.*)$/
const separator = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/

/** The fence a line opens, or null. A line like ```` ```a``` ```` opens none: it is an inline code span. */
export function fenceOf(line: string): Fence | null {
  const found = opening.exec(bare(line))
  if (found === null) return null
  const [, before = '', mark = '', info = ''] = found
  return { mark, info: info.trim(), before }
}

/** Whether it stands in a quotation, whose lines all have their sign. */
export function isQuoted({ before }: Fence): boolean {
  return before.includes('>')
}

/** A line of code without what stands before it because of where the block stands. */
export function unquoted(line: string, fence: Fence): string {
  const depth = fence.before.split('>').length - 1
  const bare = depth === 0 ? line : line.replace(new RegExp(`^(?:[ \\t]*>){0,${depth}} ?`), '')
  const indent = fence.before.slice(fence.before.lastIndexOf('>') + 1).replace(/^ /, depth === 0 ? ' ' : '').length
  return bare.replace(new RegExp(`^[ \\t]{0,${indent}}`), '')
}

/** Whether a line closes the block that this fence opened. */
export function closes(line: string, fence: Fence): boolean {
  const mark = unquoted(line, fence).trim()
  return mark.length >= fence.mark.length && mark === (fence.mark[0] as string).repeat(mark.length)
}

export function isRow(line: string): boolean {
  return line.includes('|')
}

/**
 * Cells of a table's line: between bars, the outer bars left out, trimmed. A bar that is escaped or in a code span is part of
 * its cell; that is found out from what stands before it alone.
 */
export function cellsOf(line: string): readonly string[] {
  const cells = ['']
  let inCode = false
  for (const [sign] of line.trim().matchAll(/\\[|`]|[^]/g)) {
    if (sign === '`' || (sign === '\\`' && inCode)) inCode = !inCode
    if (sign === '|' && !inCode) cells.push('')
    else cells.push(`${cells.pop() ?? ''}${sign}`)
  }
  if (cells.length > 1 && cells[0] === '') cells.shift()
  if (cells.length > 1 && cells.at(-1) === '') cells.pop()
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/** The blocks of a text, in order; their texts together are the whole text. */
export function blocksOf(text: string): readonly TextBlock[] {
  const lines = linesOf(text)
  const blocks: TextBlock[] = []
  let prose = ''
  function endProse(): void {
    if (prose !== '') blocks.push({ kind: 'prose', text: prose })
    prose = ''
  }
  for (let at = 0; at < lines.length;) {
    const line = lines[at] as string
    const fence = fenceOf(bare(line))
    if (fence !== null) {
      endProse()
      const stop = endOfCode(lines, at, fence)
      const closed = stop > at + 1 && closes(bare(lines[stop - 1] as string), fence)
      const isOver = closed || stop < lines.length
      blocks.push({ kind: 'code', text: lines.slice(at, stop).join(''), fence, closed: isOver })
      at = stop
    } else if (beginsTable(line, lines[at + 1])) {
      endProse()
      let stop = at + 2
      while (stop < lines.length && isRow(lines[stop] as string) && fenceOf(bare(lines[stop] as string)) === null)
        stop++
      blocks.push({ kind: 'table', head: line + (lines[at + 1] as string), rows: lines.slice(at + 2, stop) })
      at = stop
    } else {
      prose += line
      at++
    }
  }
  endProse()
  return blocks
}

/** Behind the line that closes it; a quotation that ends takes its code block with it. */
function endOfCode(lines: readonly string[], at: number, fence: Fence): number {
  for (let next = at + 1; next < lines.length; next++) {
    const line = bare(lines[next] as string)
    if (leaves(line, fence)) return next
    if (closes(line, fence)) return next + 1
  }
  return lines.length
}

/** Whether a line stands outside the quotation that the block stands in. */
export function leaves(line: string, fence: Fence): boolean {
  return isQuoted(fence) && !/^[ \t]*>/.test(line)
}

/** Only a finished line can be a separator: what comes behind an unfinished one could still make it something else. */
function beginsTable(line: string, next: string | undefined): boolean {
  return (
    isRow(line) &&
    next !== undefined &&
    next.endsWith('\n') &&
    separator.test(bare(next)) &&
    cellsOf(next).length === cellsOf(line).length
  )
}

/** Lines with their line breaks. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = []
  for (let start = 0, stop = 0; start < text.length; start = stop) {
    const feed = text.indexOf('\n', start)
    stop = feed === -1 ? text.length : feed + 1
    lines.push(text.slice(start, stop))
  }
  return lines
}

/** Without its end, whichever system wrote it. */
function bare(line: string): string {
  return line.replace(/\r?\n?$/, '')
}
