import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { Budget, BudgetAsk, BudgetBook, BudgetHold, BudgetStanding, Spender } from '../core/budget.ts'
import type { EpochMs } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import type { BudgetId, RunId } from '../core/ids.ts'
import type { Prices } from '../core/price.ts'
import { budgetOf, BudgetSums, readBudgets, type SpendingRun } from './budget-sums.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'
import type { BudgetAskTable } from './schema-money.ts'

/** Budgets in a database. */
export class DatabaseBudgets implements BudgetBook {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits
  readonly #prices: Prices

  constructor(db: Kysely<Tables>, commits: Commits, prices: Prices) {
    this.#db = db
    this.#commits = commits
    this.#prices = prices
  }

  all(): Promise<readonly Budget[]> {
    return readBudgets(this.#db)
  }

  set({ scope, span, limit, by, at }: Omit<Budget, 'id'>): Promise<Budget> {
    return this.#commits.write(async (trx) => {
      const change = { amount: limit.count, set_by: by, at }
      const row = await trx
        .insertInto('budgets')
        .values({
          id: '',
          scope: JSON.stringify(scope),
          span,
          unit: limit.unit,
          ...change,
        })
        .onConflict((known) => known.columns(['scope', 'span', 'unit']).doUpdateSet(change))
        .returningAll()
        .executeTakeFirstOrThrow()
      // Numbers are given once: what was allowed for one that was removed is not for another.
      const id = row.id === '' ? `B${row.seq}` : row.id
      await trx.updateTable('budgets').set({ id }).where('seq', '=', row.seq).execute()
      // What it was raised to belongs to the limit before.
      await trx.deleteFrom('budget_raises').where('budget', '=', id).execute()
      return budgetOf({ ...row, id })
    })
  }

  async remove(id: BudgetId): Promise<boolean> {
    const gone = await this.#commits.write((trx) =>
      trx.deleteFrom('budgets').where('id', '=', id).returning('id').execute(),
    )
    return gone.length > 0
  }

  async of(run: RunId, at: EpochMs): Promise<readonly BudgetStanding[]> {
    const sums = await BudgetSums.read(this.#db, at, this.#prices, run)
    if (sums === null) return []
    const row = await spendingRuns(this.#db).where('runs.id', '=', run).executeTakeFirst()
    return row === undefined ? [] : sums.of(spendingRunOf(row))
  }

  async for(who: Spender, at: EpochMs): Promise<readonly BudgetStanding[]> {
    const sums = await BudgetSums.read(this.#db, at, this.#prices, '')
    const all = sums?.of({ ...who, id: '', chain: '' }) ?? []
    return all.filter(({ budget: { span } }) => span === 'day' || span === 'month')
  }

  async asks(): Promise<readonly BudgetAsk[]> {
    const rows = this.#db.selectFrom('budget_asks').selectAll().where('closed', '=', sql.lit(0)).orderBy('seq')
    return (await rows.execute()).map(askOf)
  }

  async ask(token: string): Promise<BudgetAsk | null> {
    const rows = this.#db.selectFrom('budget_asks').selectAll().where('token', '=', token)
    const row = await rows.executeTakeFirst()
    return row === undefined ? null : askOf(row)
  }
}

/** Runs as budgets see them. */
function spendingRuns(db: Kysely<Tables>) {
  return db
    .selectFrom('runs')
    .leftJoin('omc_chains', 'omc_chains.run', 'runs.id')
    .select((run) => [
      'runs.id',
      'runs.person',
      'runs.channel',
      'runs.roles',
      run.fn.coalesce('runs.chain', 'omc_chains.id').as('chain'),
    ])
}

export function spendingRunOf(row: {
  readonly id: string
  readonly person: string
  readonly channel: string
  readonly roles: string
  readonly chain: string | null
}): SpendingRun {
  const { id, person, channel, roles, chain } = row
  const named = roles === '[]' ? [] : (parse(roles, `runs ${id}`) as readonly string[])
  return { id, person, channel, roles: named, chain: chain ?? '' } as SpendingRun
}

/** Somebody let a run exceed a budget: kept with the entry of the journal that says so. */
export async function passFrom(trx: Transaction<Tables>, { run, event }: Entry): Promise<void> {
  if (event.type !== 'allowed' || event.raisedTo !== null) return
  const pass = trx.insertInto('budget_passes').values({ run, budget: event.budget })
  await pass.onConflict((known) => known.doNothing()).execute()
}

/** People are asked. False: about the same they were. */
export async function openAsk(trx: Transaction<Tables>, { token, run, hold }: BudgetAsk): Promise<boolean> {
  const asking = trx.insertInto('budget_asks').values({ token, run, hold: JSON.stringify(hold) })
  const added = asking.onConflict((known) => known.doNothing()).returning('token')
  return (await added.execute()).length > 0
}

/** Nobody is asked any more. False: nobody was. */
export async function closeAsk(trx: Transaction<Tables>, token: string): Promise<boolean> {
  const closing = trx.updateTable('budget_asks').set({ closed: 1 }).where('token', '=', token)
  return (await closing.where('closed', '=', sql.lit(0)).returning('token').execute()).length > 0
}

/** The limit of one period alone. */
export async function raise(trx: Transaction<Tables>, budget: BudgetId, period: string, amount: number): Promise<void> {
  await trx
    .insertInto('budget_raises')
    .values({ budget, period, amount })
    .onConflict((known) => known.columns(['budget', 'period']).doUpdateSet({ amount }))
    .execute()
}

function askOf(row: Selectable<BudgetAskTable>): BudgetAsk {
  const hold = parse(row.hold, `budget_asks ${row.token}`) as BudgetHold
  return { token: row.token, run: row.run as RunId, hold, isOpen: row.closed === 0 }
}
