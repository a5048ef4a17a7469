import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Seconds of wall that each file may take in CI. */
export type Budgets = Readonly<Record<string, number>>

const place = join(import.meta.dirname, '..', 'budgets.json')

export function readBudgets(): Budgets {
  return JSON.parse(readFileSync(place, 'utf8')) as Budgets
}

/**
 * The longest early, each with three short ones behind it: the run is over when its last file is, but many long ones at
 * once (most of them kill and start bots) would drown two cores. What nobody knows yet counts as long.
 */
export function mixed(files: readonly string[], budgets: Budgets): readonly string[] {
  const known = (file: string): number => budgets[file] ?? Number.POSITIVE_INFINITY
  const rest = [...files].sort((a, b) => (known(a) === known(b) ? a.localeCompare(b) : known(b) > known(a) ? 1 : -1))
  const order: string[] = []
  while (rest.length > 0) order.push(...rest.splice(0, 1), ...rest.splice(-3, 3))
  return order
}

/** For a file that nobody has recorded yet. */
export const unrecordedSeconds = 120

/**
 * Four times what was measured, in steps of five seconds, and never less than a minute: a machine that is busy with
 * something else must not fail a run, a file that has grown must.
 */
export function budgetFor(seconds: number): number {
  return Math.max(60, Math.ceil((4 * seconds) / 5) * 5)
}

/** The budgets with what was measured now; files that are no more are dropped. */
export function renewed(old: Budgets, measured: ReadonlyMap<string, number>, all: readonly string[]): Budgets {
  return Object.fromEntries(
    all.flatMap((file) => {
      const seconds = measured.get(file)
      const budget = seconds === undefined ? old[file] : budgetFor(seconds)
      return budget === undefined ? [] : [[file, budget]]
    }),
  )
}

export function writeBudgets(budgets: Budgets): void {
  writeFileSync(place, `${JSON.stringify(budgets, null, 2)}\n`)
}
