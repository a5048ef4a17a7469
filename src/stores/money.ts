import { sql, type Kysely } from 'kysely'
import type { Purse } from '../core/admission.ts'
import { keptFor, type Budget } from '../core/budget.ts'
import type { EpochMs } from '../core/clock.ts'
import type { RuntimeName } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import { channelOf } from '../core/place.ts'
import type { Prices } from '../core/price.ts'
import type { Prompt } from '../core/prompt.ts'
import { budgetHold, type Hold } from '../core/quota.ts'
import { BudgetSums, typicalSpend, type CountedStanding } from './budget-sums.ts'
import { spendingRunOf } from './budgets.ts'
import type { RunTable, Tables } from './schema.ts'

/** What admission has to know of money. */
interface Money {
  readonly purses: readonly Purse[]
  holdOf(run: string): Hold | null
  /** The purses that a run is paid from. */
  pursesOf(run: string): readonly number[]
}

/** What budgets say of a run that waits. */
interface Paid {
  readonly hold: Hold | null
  readonly purses: readonly number[]
}

/** An open run, as admission reads it. */
export type MoneyRow = Pick<RunTable, 'id' | 'session' | 'person' | 'channel' | 'state' | 'chain'> & {
  readonly roles: string
}

/** Where the budgets of all open runs stand; null: there are no budgets, and nothing is looked up. */
export async function moneyOf(
  db: Kysely<Tables>,
  rows: readonly MoneyRow[],
  at: EpochMs,
  prices: Prices,
): Promise<Money | null> {
  const sums = await BudgetSums.read(db, at, prices, null)
  if (sums === null) return null
  const purses = new Purses(await typicalSpend(db, prices))
  const begun = new Map(
    (await db.selectFrom('omc_chains').select(['run', 'id']).execute()).map((row) => [row.run, row.id]),
  )
  const runtimeOf = await runtimesOfOpen(db)
  const paid = new Map<string, Paid>()
  const alike = new Map<string, Paid>()
  for (const row of rows) {
    const { id, person, channel, roles, session, state } = row
    const chain = row.chain ?? begun.get(id) ?? ''
    const runtime = runtimeOf.get(session) ?? ''
    const isPlain = !isLive(state) && sums.isLikeOthers(id)
    const key = `${person} ${channel} ${chain} ${runtime} ${roles}`
    const same = isPlain ? alike.get(key) : undefined
    if (same !== undefined) {
      paid.set(id, same)
      continue
    }
    const standings = sums.of(spendingRunOf({ id, person, channel, roles, chain }))
    const counted = standings.filter(({ isAllowed, budget }) => !isAllowed && budget.span !== 'run')
    if (isLive(state)) {
      for (const each of counted) purses.keep(each, sums.spentBy(id, each.budget.limit.unit))
      continue
    }
    const hold = budgetHold(standings, runtime as RuntimeName, at)
    const of = { hold, purses: hold === null ? counted.map((each) => purses.of(each)) : [] }
    paid.set(id, of)
    if (isPlain) alike.set(key, of)
  }
  return {
    purses: purses.all(),
    holdOf: (run) => paid.get(run)?.hold ?? null,
    pursesOf: (run) => paid.get(run)?.purses ?? [],
  }
}

async function runtimesOfOpen(db: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('omc_sessions')
    .select(['id', 'runtime'])
    .where('id', 'in', db.selectFrom('runs').select('session').where('state', '<>', sql.lit('over')))
    .execute()
  return new Map(rows.map(({ id, runtime }) => [id, runtime]))
}

/** What a budget holds a prompt back with that is not asked yet. */
export async function budgetHoldOf(
  db: Kysely<Tables>,
  { session, speaker, place, letter }: Prompt,
  at: EpochMs,
  prices: Prices,
): Promise<Hold | null> {
  const sums = await BudgetSums.read(db, at, prices, '')
  if (sums === null) return null
  const rows = db.selectFrom('omc_sessions').select('runtime').where('id', '=', session)
  const { runtime } = await rows.executeTakeFirstOrThrow()
  const { id: person, roles } = speaker
  const standings = sums.of({ id: '', chain: letter?.chain ?? '', person, roles, channel: channelOf(place) })
  return budgetHold(standings, runtime as RuntimeName, at)
}

/** What is left of each sum that runs are paid from. */
class Purses {
  readonly #typical: (unit: Budget['limit']['unit']) => number | null
  readonly #known = new Map<string, { readonly at: number; left: number; readonly each: number }>()

  constructor(typical: (unit: Budget['limit']['unit']) => number | null) {
    this.#typical = typical
  }

  of({ key, limit, spent, budget }: CountedStanding): number {
    let purse = this.#known.get(key)
    if (purse === undefined) {
      const each = keptFor(limit, this.#typical(budget.limit.unit))
      purse = { at: this.#known.size, left: limit - spent, each }
      this.#known.set(key, purse)
    }
    return purse.at
  }

  /** A run is at work: what it will still take is no longer there for others. */
  keep(standing: CountedStanding, spent: number): void {
    this.of(standing)
    const purse = this.#known.get(standing.key)
    if (purse !== undefined) purse.left -= Math.max(0, purse.each - spent)
  }

  all(): readonly Purse[] {
    return [...this.#known.values()].map(({ left, each }) => ({ left, each }))
  }
}
