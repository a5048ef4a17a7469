import type { Summary } from './figure.ts'

/** What one measurement gave; `failure`, in words, when it gave nothing. */
export interface Section {
  readonly name: string
  readonly seconds: number
  readonly summaries: readonly Summary[]
  readonly failure: string | null
}

/** The sections as Markdown tables, to be pasted into a closing note. */
export function tableOf(sections: readonly Section[]): string {
  return sections.map(sectionText).join('\n\n')
}

function sectionText({ name, seconds, summaries, failure }: Section): string {
  const rows = summaries.map((each) => [
    each.what,
    withUnit(each.median, each.unit),
    each.n === 1 ? '' : `${amount(each.min)} … ${amount(each.max)}`,
    String(each.n),
    each.against === null ? '' : `${each.against.what}: ${withUnit(each.against.median, each.unit)}`,
    each.against === null ? '' : `× ${digits(each.against.ratio)}`,
    goalOf(each),
  ])
  const lines = rows.length === 0 ? [] : aligned([['', 'median', 'min … max', 'n', 'beside', 'ratio', 'goal'], ...rows])
  const words = failure === null ? [] : [failure]
  return [`**${name}** (${seconds.toFixed(0)} s)`, '', ...lines, ...words].join('\n')
}

function goalOf({ below, each, met }: Summary): string {
  if (below === null) return ''
  return `${each ? 'each ' : ''}< ${amount(below)}${met === null ? '' : met ? ': met' : ': not met'}`
}

/** How many of the goals are met, in words. */
export function goalsMet(sections: readonly Section[]): string {
  const judged = sections.flatMap(({ summaries }) => summaries).filter(({ met }) => met !== null)
  return `${judged.filter(({ met }) => met).length} of ${judged.length} goals met`
}

/** Columns of equal width, so that the table can be read as it stands in a terminal. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)))
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  const [head = [], ...body] = rows
  return [lineOf(head), rule, ...body.map(lineOf)]
}

function withUnit(value: number, unit: Summary['unit']): string {
  return unit === '' ? amount(value) : `${amount(value)} ${unit}`
}

/** A ratio may be tiny: two digits that mean something. */
function digits(ratio: number): string {
  return Number.isFinite(ratio) ? String(Number(ratio.toPrecision(ratio < 1 ? 2 : 3))) : '–'
}

/** Three digits that mean something; whole numbers from 100 on, with blanks between thousands. */
function amount(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100 || Number.isInteger(value)) {
    return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ' ')
  }
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}
