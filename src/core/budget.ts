import type { EpochMs } from './clock.ts'
import type { BudgetId, PersonId, PlaceId, RunId } from './ids.ts'
import { costOf, type Prices } from './price.ts'
import { allTokens, dayOf, type Spend } from './spending.ts'

/** Whose use a budget limits. A role's is that of each person who has it, for themselves. */
export type BudgetScope =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'person'; readonly id: PersonId }
  | { readonly kind: 'role'; readonly id: string }
  | { readonly kind: 'channel'; readonly id: PlaceId }

/** What it is counted over: each run, each chain of letters, each day or each month (by UTC). */
export type BudgetSpan = 'run' | 'chain' | 'day' | 'month'

export const budgetSpans: readonly BudgetSpan[] = ['run', 'chain', 'day', 'month']

/** How much may be spent: US dollars at list price, or tokens. */
export interface Amount {
  readonly unit: 'usd' | 'tokens'
  readonly count: number
}

/** A limit on what may be spent. */
export interface Budget {
  readonly id: BudgetId
  readonly scope: BudgetScope
  readonly span: BudgetSpan
  readonly limit: Amount
  /** Name of the person who set it. */
  readonly by: string
  readonly at: EpochMs
}

/** Where a budget stands for one run: what it counts, in the budget's unit. */
export interface BudgetStanding {
  readonly budget: Budget
  /** The day, month, run or chain that it is counted over now. */
  readonly period: string
  /** The limit in force: it may have been raised for this period. */
  readonly limit: number
  readonly spent: number
  /** Tokens that nobody knows a price of: a budget in dollars does not see them. */
  readonly unpriced: number
  /** Somebody let this run exceed it. */
  readonly isAllowed: boolean
}

/** A budget that is used up, as the run that it holds back says it. */
export interface BudgetHold {
  readonly id: BudgetId
  readonly scope: BudgetScope
  readonly span: BudgetSpan
  readonly period: string
  readonly unit: Amount['unit']
  readonly limit: number
  readonly spent: number
}

/** That people are asked whether a run may exceed a budget. */
export interface BudgetAsk {
  /** Names run, budget, period and limit: about the same, people are asked again only when it was closed by something else. */
  readonly token: string
  readonly run: RunId
  readonly hold: BudgetHold
  /** Nobody has answered yet, and it still matters. */
  readonly isOpen: boolean
}

/** The budgets. Part of the vault door; what is spent is the journal's to say. */
export interface BudgetBook {
  /** All of them, in the order in which they were set. */
  all(): Promise<readonly Budget[]>
  /** Sets a budget; one of the same scope, span and unit gets the new limit and keeps its id. Gives it as it is kept. */
  set(budget: Omit<Budget, 'id'>): Promise<Budget>
  /** False: there is none with that id. */
  remove(id: BudgetId): Promise<boolean>
  /** Where the budgets stand that a run counts against. */
  of(run: RunId, at: EpochMs): Promise<readonly BudgetStanding[]>
  /** Where those of a day or month stand that this person's prompts in this channel count against. */
  for(who: Spender, at: EpochMs): Promise<readonly BudgetStanding[]>
  /** What people are asked now, oldest first. */
  asks(): Promise<readonly BudgetAsk[]>
  ask(token: string): Promise<BudgetAsk | null>
}

/** Whose prompts count against which budgets. */
export interface Spender {
  readonly person: PersonId
  readonly channel: PlaceId
  readonly roles: readonly string[]
}

/** From here on people are warned. */
const warnsAt = 0.8
/** Of a limit, where nobody knows yet what a run takes. */
const unknownShare = 0.05

/** Nobody decides by waiting: the budget of a run or of a chain does not begin anew. */
export const never: EpochMs = Number.MAX_SAFE_INTEGER

export function isMeant({ scope }: Budget, { person, channel, roles }: Spender): boolean {
  if (scope.kind === 'everyone') return true
  if (scope.kind === 'person') return scope.id === person
  return scope.kind === 'channel' ? scope.id === channel : roles.includes(scope.id)
}

/** Whether a run that counts against it is to stop. */
function isUsedUp({ isAllowed, spent, limit }: BudgetStanding): boolean {
  return !isAllowed && spent >= limit
}

/** Whether people are to be told that not much is left. */
export function isNearlyUsedUp(standing: BudgetStanding): boolean {
  return standing.spent >= standing.limit * warnsAt && !isUsedUp(standing) && !standing.isAllowed
}

/** The one that holds a run back longest; null: none does. */
export function usedUp(standings: readonly BudgetStanding[], at: EpochMs): BudgetStanding | null {
  const full = standings.filter(isUsedUp)
  return full.toSorted((a, b) => endOf(b.budget.span, at) - endOf(a.budget.span, at))[0] ?? null
}

export function holdIn({ budget, period, limit, spent }: BudgetStanding): BudgetHold {
  return { id: budget.id, scope: budget.scope, span: budget.span, period, unit: budget.limit.unit, limit, spent }
}

/** The day or month of a moment. */
export function periodOf(span: 'day' | 'month', at: EpochMs): string {
  return span === 'day' ? dayOf(at) : dayOf(at).slice(0, 7)
}

/** When a budget of that span begins anew. */
export function endOf(span: BudgetSpan, at: EpochMs): EpochMs {
  const now = new Date(at)
  if (span === 'day') return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1)
  return span === 'month' ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1) : never
}

/** What these sums come to in a unit, and how many of their tokens have no price. */
export function amountOf(
  unit: Amount['unit'],
  sums: readonly Spend[],
  prices: Prices,
): { readonly spent: number; readonly unpriced: number } {
  let spent = 0
  let unpriced = 0
  for (const sum of sums) {
    const tokens = allTokens(sum.tokens)
    const cost = unit === 'tokens' ? tokens : costOf(sum, prices)
    if (cost === null) unpriced += tokens
    else spent += cost
  }
  return { spent, unpriced }
}

/**
 * What is kept for each run at work, until it is known what it takes: what runs took lately. Where nobody knows that, a
 * share of the limit.
 */
export function keptFor(limit: number, typical: number | null): number {
  return typical ?? limit * unknownShare
}

const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, 천: 1e3, 만: 1e4, 억: 1e8 }
/** More than this is a slip of the hand. */
const most = { usd: 1e7, tokens: 1e13 } as const
const amountForm =
  /^(\$|토큰)?\s*(\d+(?:[.,]\d{1,2})?|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?)\s*([km천만억])?\s*(\$|usd|dollars?|달러|tokens?|tok|토큰|개)?$/i

/** An amount as people write it: `$10`, `2.50 usd`, `10달러`, `200k`, `1.5M tokens`, `토큰 20만 개`; null: it is none. */
export function parseAmount(text: string): Amount | null {
  // An Asian keyboard has wide signs for the same.
  const [, before = '', number = '', factor = '', after = ''] = amountForm.exec(text.normalize('NFKC').trim()) ?? []
  const unit = `${before}${after}`.toLowerCase()
  const plain = /^\d{1,3}(,\d{3})+(\.|$)/.test(number) ? number.replaceAll(',', '') : number.replace(',', '.')
  const count = Number(plain) * (factors[factor.toLowerCase()] ?? 1)
  if (/^(\$|\$?(usd|dollars?|달러))$/.test(unit))
    return factor === '' && count > 0 && count <= most.usd ? { unit: 'usd', count } : null
  if (!/^(tok|tokens?|토큰|토큰개)?$/.test(unit)) return null
  // Dollars and tokens are easily mixed up: a bare small number is neither.
  if (unit === '' && factor === '' && count < 1_000) return null
  const whole = Math.round(count)
  return whole > 0 && whole <= most.tokens ? { unit: 'tokens', count: whole } : null
}
