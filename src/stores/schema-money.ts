import type { Generated } from 'kysely'

/** The tables of money: what was used, and which budgets there are. */

/** A sum; '' is the model that nobody said. */
interface SpendColumns {
  model: string
  estimated: number
  input: number
  cache_read: number
  cache_write: number
  output: number
  /** Billionths of a dollar; null: its CLI says no price. */
  nano_usd: number | null
}

export interface LedgerTable extends SpendColumns {
  day: string
  person: string
  channel: string
  runtime: string
  account: string
}

export interface RunSpendTable extends SpendColumns {
  run: string
}

export interface WindowUseTable {
  runtime: string
  account: string
  /** The window's. */
  name: string
  person: string
  weight: number
  resets_at: number
  at: number
}

export interface BudgetTable {
  /** The order in which they were set. */
  seq: Generated<number>
  id: string
  /** json of a BudgetScope */
  scope: string
  span: string
  unit: string
  amount: number
  set_by: string
  at: number
}

export interface BudgetRaiseTable {
  budget: string
  period: string
  amount: number
}

export interface BudgetPassTable {
  run: string
  budget: string
}

export interface BudgetAskTable {
  seq: Generated<number>
  token: string
  run: string
  /** json of a BudgetHold */
  hold: string
  /** 1: nobody is asked any more. */
  closed: Generated<number>
}
