import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suiteOf } from './plan.ts'

/** What files cost, by their names; files that are no more are dropped when it is recorded. */
export type Recorded = Readonly<Record<string, number>>

/** How long a file took. */
interface Took {
  readonly file: string
  readonly wallSeconds: number
}

/** Seconds of wall that each file may take in CI, or of CPU that it took. */
type What = 'budgets' | 'cpu'

export function readRecorded(what: What): Recorded {
  return JSON.parse(readFileSync(placeOf(what), 'utf8')) as Recorded
}

export function writeRecorded(what: What, recorded: Recorded): void {
  writeFileSync(placeOf(what), `${JSON.stringify(recorded, null, 2)}\n`)
}

function placeOf(what: What): string {
  return join(import.meta.dirname, '..', `${what}.json`)
}

/** For a file that nobody has recorded yet. */
export const unrecordedSeconds = 120

const leastBudget = 60
const times = 4

/**
 * Four times what was measured, in steps of five seconds, and never less than a minute: a machine that is busy with
 * something else must not fail a run, a file that has grown must.
 */
export function budgetFor(seconds: number): number {
  return Math.max(leastBudget, Math.ceil((times * seconds) / 5) * 5)
}

const enoughFiles = 10

/**
 * How many times as long as when it was recorded everything takes on this machine now, by the files that are long
 * enough to tell: `part` of them take no longer, so that a few which have grown do not hide themselves. 1 where it is
 * faster, or too few ran.
 */
function paceOf(took: readonly Took[], budgets: Recorded, part: number): number {
  const ratios = took
    .flatMap(({ file, wallSeconds }) => {
      const budget = budgets[file] ?? 0
      return budget > leastBudget ? [(wallSeconds * times) / budget] : []
    })
    .sort((a, b) => a - b)
  return ratios.length < enoughFiles ? 1 : Math.max(1, ratios[Math.floor(part * ratios.length)] ?? 1)
}

/** What boxes and the real CLIs do most of, starting processes, is slower than the rest on some machines. */
function kindOf(file: string): string {
  return file.endsWith('.boxed.test.ts') ? 'boxed' : suiteOf(file)
}

/**
 * Those that took longer than they may, at the machine's pace or that of their kind on it, each with a sentence that
 * says so.
 */
export function overBudget(took: readonly Took[], budgets: Recorded, otherwise: number): ReadonlyMap<string, string> {
  const all = paceOf(took, budgets, 1 / 2)
  const kinds = Map.groupBy(took, ({ file }) => kindOf(file))
  const paces = new Map([...kinds].map(([kind, some]) => [kind, Math.max(all, paceOf(some, budgets, 3 / 4))]))
  return new Map(
    took.flatMap(({ file, wallSeconds }) => {
      const pace = paces.get(kindOf(file)) ?? all
      const budget = budgets[file] ?? otherwise
      if (wallSeconds <= budget * pace) return []
      const slow = pace > 1 ? `, ${pace.toFixed(1)} times as much while others like it take so much longer` : ''
      const what = `It took ${wallSeconds.toFixed(0)} s; test/budgets.json gives it ${budget} s${slow}.`
      return [[file, `${what} Make it faster, or record what it needs: node test/run.js --record`]]
    }),
  )
}

/** What was recorded, with what was measured now; files that are no more are dropped. */
export function renewed(old: Recorded, measured: ReadonlyMap<string, number>, all: readonly string[]): Recorded {
  return Object.fromEntries(
    all.flatMap((file) => {
      const number = measured.get(file) ?? old[file]
      return number === undefined ? [] : [[file, number]]
    }),
  )
}

/** How much a file weighs beside others: its CPU, or half of the time that it was seen to take where it waits for more. */
export function weights(cpu: Recorded, budgets: Recorded): Recorded {
  const waited = (file: string): number => ((budgets[file] ?? 0) > leastBudget ? (budgets[file] ?? 0) / times / 2 : 0)
  return Object.fromEntries(Object.entries(cpu).map(([file, seconds]) => [file, Math.max(seconds, waited(file))]))
}
