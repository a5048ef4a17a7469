import { sql, type Kysely, type Transaction } from 'kysely'
import { modelOfWindow, type AccountState } from '../core/account.ts'
import type { EpochMs } from '../core/clock.ts'
import type { AccountId, PersonId, RuntimeName } from '../core/ids.ts'
import { lengthOf, type Hold, type QuotaWindow } from '../core/quota.ts'
import { heldForOthers, partsFor, sharesForMs, weightOf, type WindowUse } from '../core/reserve.ts'
import type { Spend } from '../core/spending.ts'
import type { Tables } from './schema.ts'

/** Whose use it is, and of which account. */
interface User {
  readonly runtime: string
  readonly account: string
  readonly person: string
}

/** Counts what somebody used in each of their account's windows that is running. */
export async function countUse(
  trx: Transaction<Tables>,
  user: User,
  windows: readonly QuotaWindow[],
  spend: Spend,
  at: EpochMs,
): Promise<void> {
  const weight = weightOf(spend.tokens)
  for (const { name, resetsAt } of windows) {
    if (weight === 0 || resetsAt === null || resetsAt <= at || lengthOf(name) === null) continue
    const only = modelOfWindow(name)
    if (only !== null && !(spend.model?.toLowerCase().includes(only) ?? false)) continue
    await trx
      .insertInto('window_uses')
      .values({ ...user, name, weight, resets_at: resetsAt, at })
      .onConflict((known) =>
        known.columns(['runtime', 'account', 'name', 'person']).doUpdateSet({
          // One that is over has been used by nobody.
          weight: sql`case when window_uses.resets_at <= ${at} then 0 else window_uses.weight end + ${weight}`,
          resets_at: resetsAt,
          at,
        }),
      )
      .execute()
  }
}

/** What people used lately. */
export async function readUses(db: Kysely<Tables>, at: EpochMs): Promise<readonly WindowUse[]> {
  const rows = db
    .selectFrom('window_uses')
    .selectAll()
    .where('at', '>', at - sharesForMs)
  return (await rows.execute()).map((row) => ({
    runtime: row.runtime as RuntimeName,
    account: row.account as AccountId,
    window: row.name,
    person: row.person as PersonId,
    weight: row.weight,
    resetsAt: row.resets_at,
    at: row.at,
  }))
}

/** Says of a person's prompts what is kept for others; null: no account has told how full its windows are. */
export async function reservesOf(
  db: Kysely<Tables>,
  accounts: readonly AccountState[],
  at: EpochMs,
  reserve: number,
): Promise<((user: User & { readonly model: string | null }) => Hold | null) | null> {
  const telling = accounts.filter(({ windows }) =>
    windows.some(({ used, resetsAt }) => used !== null && resetsAt !== null && resetsAt > at),
  )
  if (reserve === 0 || telling.length === 0) return null
  const uses = await readUses(db, at)
  const known = new Map<string, Hold | null>()
  const shares = telling.map((state) => ({ state, of: partsFor(state, uses, reserve, at) }))
  return ({ runtime, account, person, model }) => {
    const key = `${runtime} ${account} ${person} ${model ?? ''}`
    const before = known.get(key)
    if (before !== undefined) return before
    const share = shares.find(({ state }) => state.runtime === (runtime as RuntimeName) && state.account === account)
    const hold = heldForOthers(share?.of(person as PersonId) ?? [], model, at)
    known.set(key, hold)
    return hold
  }
}
