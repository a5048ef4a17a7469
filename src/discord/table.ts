import { cellsOf } from './blocks.ts'

/** Discord draws no Markdown tables, so they become code blocks with aligned columns. */

const gap = '  '
const fence = '```'
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}|\ufe0f/u
const invisible = /^[\p{Mark}\p{Control}\u200b-\u200d\u2060\ufeff]+$/u

/** Columns that a text takes in a fixed-width font: 2 for East Asian wide characters and emoji (UAX 11, simplified). */
export function widthOf(text: string): number {
  if (isAscii(text)) return text.length
  let width = 0
  for (const { segment } of segmenter.segment(text)) width += widthOfGrapheme(segment)
  return width
}

/** The table as a code block, ending in a line break. `head` holds the header and the separator line. */
export function drawTable(head: string, rows: readonly string[]): string {
  const [header, separator] = head.split('\n') as [string, string]
  const sides = cellsOf(separator).map(sideOf)
  const all = [header, ...rows].map((row) => cellsOf(row).map((cell) => safe(cell.replaceAll(/<br ?\/?>/g, ' '))))
  const widths = columnWidths(all)
  const lines = all.map((cells) =>
    cells.map((cell, column) => padded(cell, widths[column] as number, sides[column] ?? 'left')).join(gap),
  )
  const ruler = widths.map((width) => '-'.repeat(width)).join(gap)
  const drawn = [lines[0] as string, ruler, ...lines.slice(1)].map((line) => line.trimEnd())
  return `${fence}\n${drawn.join('\n')}\n${fence}\n`
}

/**
 * At least the length of the drawn table. Unlike that length it never shrinks when a character is added at the end,
 * which the splitter relies on.
 */
export function tableCost(head: string, rows: readonly string[]): number {
  const raw = head.length + rows.reduce((sum, row) => sum + row.length, 0)
  const all = [cellsOf(head.split('\n')[0] as string), ...rows.map(cellsOf)].map((cells) => cells.map(safe))
  const widths = columnWidths(all)
  const line = widths.reduce((sum, width) => sum + width + gap.length, 0) + 1
  const excess = all.flat().reduce((sum, cell) => sum + excessOf(cell), 0)
  return Math.max(raw, line * (all.length + 1) + excess) + 2 * fence.length + 3
}

function columnWidths(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = []
  for (const cells of rows) {
    for (const [column, cell] of cells.entries()) widths[column] = Math.max(widths[column] ?? 1, widthOf(cell))
  }
  return widths
}

function padded(cell: string, width: number, side: 'left' | 'right' | 'middle'): string {
  const free = Math.max(0, width - widthOf(cell))
  const before = side === 'right' ? free : side === 'middle' ? free >> 1 : 0
  return ' '.repeat(before) + cell + ' '.repeat(free - before)
}

function sideOf(dashes: string): 'left' | 'right' | 'middle' {
  if (!dashes.endsWith(':')) return 'left'
  return dashes.startsWith(':') ? 'middle' : 'right'
}

/** Three back-quotes would end the code block, so an invisible character goes between them. */
function safe(cell: string): string {
  return cell.replaceAll('```', '`\u200b`\u200b`')
}

function excessOf(cell: string): number {
  if (isAscii(cell)) return 0
  let excess = 0
  for (const { segment } of segmenter.segment(cell)) excess += Math.max(0, segment.length - widthOfGrapheme(segment))
  return excess
}

/** Most cells are: asking the segmenter about them would cost a hundred times as much. */
function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text)
}

function widthOfGrapheme(grapheme: string): number {
  if (invisible.test(grapheme)) return 0
  return wide.test(grapheme) ? 2 : 1
}
