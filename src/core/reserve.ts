import { modelOfWindow, type AccountState, type WindowPart } from './account.ts'
import type { EpochMs } from './clock.ts'
import type { AccountId, PersonId, RuntimeName } from './ids.ts'
import { lengthOf, type Hold, type QuotaWindow } from './quota.ts'
import type { Tokens } from './spending.ts'

/** How much of a window of an account somebody has used, in tokens by their weight. */
export interface WindowUse {
  readonly runtime: RuntimeName
  readonly account: AccountId
  readonly window: string
  readonly person: PersonId
  readonly weight: number
  /** The window that it was: behind this moment another one has begun. */
  readonly resetsAt: EpochMs
  /** When they used it last. */
  readonly at: EpochMs
}

/** Whoever has used nothing of an account for so long has nothing kept. */
export const sharesForMs = 7 * 86_400_000

/** What tokens weigh in a quota, as their prices stand to each other: what was kept before counts little. */
export function weightOf({ input, cacheRead, cacheWrite, output }: Tokens): number {
  return Math.round(input + cacheRead * 0.1 + cacheWrite * 1.25 + output * 5)
}

/** Where somebody stands in each window of an account of which it is known how full it is: see `partsFor`. */
export function partsOf(
  account: AccountState,
  uses: readonly WindowUse[],
  person: PersonId,
  reserve: number,
  now: EpochMs,
): readonly WindowPart[] {
  return partsFor(account, uses, reserve, now)(person)
}

/**
 * The same for whoever is asked about, with what they have in common worked out once. `reserve`: which part of a window is
 * kept for each person. What is kept shrinks with the time that is left, so that nothing is lost when a window ends.
 */
export function partsFor(
  account: AccountState,
  uses: readonly WindowUse[],
  reserve: number,
  now: EpochMs,
): (person: PersonId) => readonly WindowPart[] {
  const own = uses.filter((use) => use.runtime === account.runtime && use.account === account.account)
  const people = new Set(own.filter(({ at }) => at > now - sharesForMs).map((use) => use.person))
  const windows = account.windows.flatMap((window) => partIn(window, own, people, reserve, now) ?? [])
  return (person) => windows.map((part) => ({ account, ...part(person) }))
}

/** What holds somebody's next prompt back for the others' sake at that moment; `model` as its session names it. */
export function heldForOthers(parts: readonly WindowPart[], model: string | null, now: EpochMs): Hold | null {
  let hold: Hold | null = null
  for (const { account, window, until, left } of parts) {
    const only = modelOfWindow(window)
    if (until === null || until <= now || (only !== null && !(model?.toLowerCase().includes(only) ?? false))) continue
    // To the minute: it moves with everything that is used, and people read it.
    const about = Math.ceil(until / 60_000) * 60_000
    if (hold === null || about > hold.until)
      hold = { until: about, runtime: account.runtime, window, model: only, reserve: { left } }
  }
  return hold
}

function partIn(
  { name, used, resetsAt }: QuotaWindow,
  uses: readonly WindowUse[],
  people: ReadonlySet<PersonId>,
  reserve: number,
  now: EpochMs,
): ((person: PersonId) => Omit<WindowPart, 'account'>) | null {
  const length = lengthOf(name)
  if (used === null || resetsAt === null || length === null) return null
  // One that would last longer than it does was told by another clock.
  if (resetsAt <= now || resetsAt > now + length) return null
  const weights = new Map<PersonId, number>()
  for (const use of uses) if (use.window === name && use.resetsAt > now) weights.set(use.person, use.weight)
  const all = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  if (all === 0) return null
  const of = (who: PersonId): number => (Math.min(1, used) * (weights.get(who) ?? 0)) / all
  const left = Math.max(0, 1 - used)
  // What everybody still lacks of theirs, by how much that is: somebody who comes anew makes it less.
  const lacks = new Map<number, number>()
  const lackOf = (each: number): number => {
    let sum = lacks.get(each)
    if (sum === undefined) {
      sum = 0
      for (const who of people) sum += Math.max(0, each - of(who))
      lacks.set(each, sum)
    }
    return sum
  }
  return (person) => {
    const count = people.has(person) ? people.size : people.size + 1
    const each = Math.min(reserve, 1 / count)
    const part = { window: name, own: of(person), each, people: count, left }
    if (part.own < each) return { ...part, until: null }
    // Whoever has had theirs lacks nothing themselves.
    const kept = lackOf(each)
    if (kept <= left) return { ...part, until: null }
    // From here on no more is kept than is left.
    return { ...part, until: Math.ceil(resetsAt - (left / kept) * length) }
  }
}
