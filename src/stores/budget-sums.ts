import { sql, type Kysely, type Selectable } from 'kysely'
import {
  amountOf,
  isMeant,
  periodOf,
  type Budget,
  type BudgetScope,
  type BudgetSpan,
  type BudgetStanding,
  type Spender,
} from '../core/budget.ts'
import type { EpochMs } from '../core/clock.ts'
import type { BudgetId } from '../core/ids.ts'
import type { Prices } from '../core/price.ts'
import type { Spend } from '../core/spending.ts'
import { spendOf } from './ledger.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'
import type { BudgetTable, RunSpendTable } from './schema-money.ts'

/** A run, as far as budgets are about it. `id` and `chain` '': a prompt that is not asked yet. */
export interface SpendingRun extends Spender {
  readonly id: string
  readonly chain: string
}

/** A budget's standing, with what else counts against the same sum. */
export interface CountedStanding extends BudgetStanding {
  readonly key: string
}

type SpentBy = Spend & { readonly person: string; readonly channel: string }

/** What was spent, each sum read once, for all the runs that are asked about. */
export class BudgetSums {
  readonly #budgets: readonly Budget[]
  readonly #raises: ReadonlyMap<string, number>
  readonly #passes: ReadonlySet<string>
  /** Runs that may exceed something. */
  readonly #allowed: ReadonlySet<string>
  readonly #at: EpochMs
  readonly #prices: Prices
  readonly #lines: Readonly<Record<'day' | 'month', readonly SpentBy[]>>
  readonly #byRun: ReadonlyMap<string, readonly Spend[]>
  readonly #byChain: ReadonlyMap<string, readonly Spend[]>
  readonly #known = new Map<string, ReturnType<typeof amountOf>>()

  /** `run`: that one alone; null: all that are open. Null: there are no budgets. */
  static async read(db: Kysely<Tables>, at: EpochMs, prices: Prices, run: string | null): Promise<BudgetSums | null> {
    const budgets = await readBudgets(db)
    if (budgets.length === 0) return null
    const has = (span: BudgetSpan): boolean => budgets.some((each) => each.span === span)
    const raises = await db.selectFrom('budget_raises').selectAll().execute()
    const isMine = sql<boolean>`run = ${run}`
    const passes = await db
      .selectFrom('budget_passes')
      .selectAll()
      .where(run === null ? isOpen : isMine)
      .execute()
    const runs = await db
      .selectFrom('run_spend')
      .selectAll()
      .where(run === null ? hasBegun : isMine)
      .execute()
    const chains = has('chain') ? await chainsOf(db, run) : []
    const lines = {
      day: has('day') ? await linesOf(db, periodOf('day', at), periodOf('day', at)) : [],
      month: has('month') ? await linesOf(db, periodOf('month', at), `${periodOf('month', at)}-99`) : [],
    }
    return new BudgetSums(budgets, raises, passes, at, prices, lines, runs, chains)
  }

  private constructor(
    budgets: readonly Budget[],
    raises: readonly { readonly budget: string; readonly period: string; readonly amount: number }[],
    passes: readonly { readonly run: string; readonly budget: string }[],
    at: EpochMs,
    prices: Prices,
    lines: Readonly<Record<'day' | 'month', readonly SpentBy[]>>,
    runs: readonly RunSpendTable[],
    chains: readonly (Omit<RunSpendTable, 'run'> & { readonly chain: string })[],
  ) {
    this.#budgets = budgets
    this.#raises = new Map(raises.map(({ budget, period, amount }) => [`${budget} ${period}`, amount]))
    this.#passes = new Set(passes.map(({ run, budget }) => `${run} ${budget}`))
    this.#allowed = new Set(passes.map(({ run }) => run))
    this.#at = at
    this.#prices = prices
    this.#lines = lines
    this.#byRun = Map.groupBy(
      runs.map((row) => ({ run: row.run, ...spendOf(row) })),
      ({ run }) => run,
    )
    this.#byChain = Map.groupBy(
      chains.map((row) => ({ chain: row.chain, ...spendOf(row) })),
      ({ chain }) => chain,
    )
  }

  /** Where every budget stands that a run counts against. */
  of(run: SpendingRun): readonly CountedStanding[] {
    return this.#budgets.filter((budget) => isMeant(budget, run)).map((budget) => this.#standing(budget, run))
  }

  /** Whether nothing is known of a run itself: then it stands as any other of its person there does. */
  isLikeOthers(run: string): boolean {
    return !this.#byRun.has(run) && !this.#allowed.has(run)
  }

  /** What one run has spent so far. */
  spentBy(run: string, unit: Budget['limit']['unit']): number {
    return amountOf(unit, this.#byRun.get(run) ?? [], this.#prices).spent
  }

  #standing(budget: Budget, run: SpendingRun): CountedStanding {
    const { id, span, scope, limit } = budget
    const period = span === 'run' ? run.id : span === 'chain' ? run.chain : periodOf(span, this.#at)
    const whose = span === 'run' || span === 'chain' ? '' : whoseIn(scope, run)
    const key = `${id} ${period} ${whose}`
    let amount = this.#known.get(key)
    if (amount === undefined) {
      amount = amountOf(limit.unit, this.#sumsFor(budget, run), this.#prices)
      this.#known.set(key, amount)
    }
    const raised = this.#raises.get(`${id} ${period}`) ?? 0
    const isAllowed = this.#passes.has(`${run.id} ${id}`)
    return { budget, period, limit: Math.max(limit.count, raised), ...amount, isAllowed, key }
  }

  #sumsFor({ span, scope }: Budget, run: SpendingRun): readonly Spend[] {
    if (span === 'run') return this.#byRun.get(run.id) ?? []
    if (span === 'chain') return (run.chain === '' ? this.#byRun.get(run.id) : this.#byChain.get(run.chain)) ?? []
    return this.#lines[span].filter(({ person, channel }) =>
      scope.kind === 'everyone' ? true : scope.kind === 'channel' ? channel === run.channel : person === run.person,
    )
  }
}

/** What runs took lately, the middle of twenty; null: nobody knows. */
export async function typicalSpend(
  db: Kysely<Tables>,
  prices: Prices,
): Promise<(unit: Budget['limit']['unit']) => number | null> {
  const lately = db
    .selectFrom('runs')
    .select('id')
    .where('ended_seq', 'is not', null)
    .where((run) => run.exists(run.selectFrom('run_spend').select('run').whereRef('run', '=', 'runs.id')))
    .orderBy('ended_seq', 'desc')
    .limit(20)
  const rows = await db.selectFrom('run_spend').selectAll().where('run', 'in', lately).execute()
  const runs = [...Map.groupBy(rows, ({ run }) => run).values()].map((each) => each.map(spendOf))
  return (unit) => {
    const known = runs.map((each) => amountOf(unit, each, prices)).filter(({ unpriced }) => unpriced === 0)
    const sorted = known.map(({ spent }) => spent).sort((a, b) => a - b)
    return sorted[Math.floor(sorted.length / 2)] ?? null
  }
}

export async function readBudgets(db: Kysely<Tables>): Promise<readonly Budget[]> {
  return (await db.selectFrom('budgets').selectAll().orderBy('seq').execute()).map(budgetOf)
}

export function budgetOf(row: Selectable<BudgetTable>): Budget {
  return {
    id: row.id as BudgetId,
    scope: parse(row.scope, `budgets ${row.id}`) as BudgetScope,
    span: row.span as BudgetSpan,
    limit: { unit: row.unit as Budget['limit']['unit'], count: row.amount },
    by: row.set_by,
    at: row.at,
  }
}

const openRuns = sql`(select id from runs where state <> 'over')`
const isOpen = sql<boolean>`exists (select 1 from runs where id = budget_passes.run and state <> 'over')`
/** Of ten thousand that wait, few have used anything. */
const hasBegun = sql<boolean>`run in (select id from runs where state <> 'over' and attempt > 0)`

function whoseIn(scope: BudgetScope, { person, channel }: Spender): string {
  if (scope.kind === 'everyone') return ''
  return scope.kind === 'channel' ? channel : person
}

async function linesOf(db: Kysely<Tables>, from: string, to: string): Promise<readonly SpentBy[]> {
  const rows = await db
    .selectFrom('ledger')
    .select((line) => [
      'person',
      'channel',
      'model',
      'estimated',
      line.fn.sum<number>('input').as('input'),
      line.fn.sum<number>('cache_read').as('cache_read'),
      line.fn.sum<number>('cache_write').as('cache_write'),
      line.fn.sum<number>('output').as('output'),
      line.fn.sum<number | null>('nano_usd').as('nano_usd'),
    ])
    .where('day', '>=', from)
    .where('day', '<=', to)
    .groupBy(['person', 'channel', 'runtime', 'model', 'estimated'])
    .execute()
  return rows.map((row) => ({ person: row.person, channel: row.channel, ...spendOf(row) }))
}

/** What the chains have used that open runs, or this one, belong to. The run that began one is a part of it. */
async function chainsOf(db: Kysely<Tables>, run: string | null) {
  const meant = run === null ? openRuns : sql`(${run})`
  const { rows } = await sql<Omit<RunSpendTable, 'run'> & { readonly chain: string }>`
    with parts as (
      select id as run, chain from runs where chain is not null union select run, id as chain from omc_chains
    )
    select parts.chain, spend.model, spend.estimated, spend.input, spend.cache_read, spend.cache_write, spend.output,
      spend.nano_usd
    from parts join run_spend as spend on spend.run = parts.run
    where parts.chain in (select chain from parts where run in ${meant})`.execute(db)
  return rows
}
