import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OracleReport } from 'loopback-discord/oracle'

/**
 * What the oracle found over a whole test run: every end-to-end story adds a line when it ends.
 * `node test/e2e/oracle-tally.ts` prints the sum (and fails when there was none, or a violation).
 */
const folder = join(import.meta.dirname, '..', '..', 'artifacts')
const file = join(folder, 'oracle.jsonl')

export function addToTally(report: OracleReport): void {
  mkdirSync(folder, { recursive: true })
  appendFileSync(file, `${JSON.stringify({ ...report, violations: [] })}\n`)
}

if (import.meta.main) {
  const reports = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OracleReport)
  const checked: Record<string, number> = {}
  const excused: Record<string, number> = {}
  let violations = 0
  for (const report of reports) {
    add(checked, report.checked)
    add(excused, report.excused)
    violations += report.violationCount
  }
  console.log(`oracle (Discord's API description ${reports[0]?.spec ?? '?'}), ${reports.length} stories:`)
  console.log(`  checked: ${described(checked)}`)
  console.log(`  known defects of the description met: ${described(excused) || 'none'}`)
  console.log(`  violations outside that list: ${violations}`)
  process.exitCode = violations === 0 && reports.length > 0 ? 0 : 1
}

function add(sum: Record<string, number>, more: object): void {
  for (const [key, count] of Object.entries(more)) sum[key] = (sum[key] ?? 0) + Number(count)
}

function described(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([key, count]) => `${key} ${count}`)
    .join(', ')
}
