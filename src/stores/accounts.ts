import { sql, type Kysely, type Transaction } from 'kysely'
import {
  learn,
  restedByHand,
  teaches,
  unheardOf,
  type Accounts,
  type AccountState,
  type Rest,
  type WindowPart,
} from '../core/account.ts'
import type { EpochMs } from '../core/clock.ts'
import type { Entry } from '../core/event.ts'
import type { AccountId, PersonId, RuntimeName, Seq } from '../core/ids.ts'
import type { State } from '../core/lifecycle.ts'
import { partsOf } from '../core/reserve.ts'
import type { Commits } from './commits.ts'
import { lockBoard } from './locks.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'
import { readUses } from './window-uses.ts'

/** What is known of the logins, in a database: written with the entries of the journal that it is learned from. */
export class DatabaseAccounts implements Accounts {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits
  /** Which part of each window is kept for each person. */
  readonly #reserve: number

  constructor(db: Kysely<Tables>, commits: Commits, reserve: number) {
    this.#db = db
    this.#commits = commits
    this.#reserve = reserve
  }

  all(): Promise<readonly AccountState[]> {
    return readAccounts(this.#db)
  }

  async of(runtime: RuntimeName, account: AccountId): Promise<AccountState> {
    const own = this.#db.selectFrom('account_rests').selectAll().where('runtime', '=', runtime)
    const rest = await own.where('account', '=', account).executeTakeFirst()
    return withRest(await readAccount(this.#db, runtime, account), rest)
  }

  async parts(person: PersonId, at: EpochMs): Promise<readonly WindowPart[]> {
    const [accounts, uses] = [await readAccounts(this.#db), await readUses(this.#db, at)]
    return accounts.flatMap((account) => partsOf(account, uses, person, this.#reserve, at))
  }

  async rest(runtime: RuntimeName, account: AccountId, until: EpochMs, by: PersonId): Promise<void> {
    await this.#commits.write(async (trx) => {
      await trx
        .insertInto('account_rests')
        .values({ runtime, account, until, by })
        .onConflict((known) => known.columns(['runtime', 'account']).doUpdateSet({ until, by }))
        .execute()
    })
  }

  async unrest(runtime: RuntimeName, account: AccountId): Promise<boolean> {
    return this.#commits.write(async (trx) => {
      const own = trx.deleteFrom('account_rests').where('runtime', '=', runtime).where('account', '=', account)
      return (await own.executeTakeFirst()).numDeletedRows > 0n
    })
  }
}

/** What runs have told of the accounts, and what an owner has said of them. */
export async function readAccounts(db: Kysely<Tables>): Promise<readonly AccountState[]> {
  const rows = await db.selectFrom('accounts').selectAll().orderBy('runtime').orderBy('account').execute()
  const heard = rows.map(stateOf)
  const rests = await db.selectFrom('account_rests').selectAll().orderBy('runtime').orderBy('account').execute()
  const restOf = (state: AccountState): RestRow | undefined =>
    rests.find(({ runtime, account }) => runtime === state.runtime && account === state.account)
  const unheard = rests
    .filter(({ runtime, account }) => !heard.some((each) => each.runtime === runtime && each.account === account))
    .map(({ runtime, account }) => unheardOf(runtime as RuntimeName, account as AccountId))
  return [...heard, ...unheard].map((state) => withRest(state, restOf(state)))
}

type RestRow = Tables['account_rests']

function withRest(state: AccountState, rest: RestRow | undefined): AccountState {
  if (rest === undefined) return state
  const byHand: Rest = { until: rest.until, window: restedByHand, model: null, since: 0 }
  return { ...state, rests: [...state.rests, byHand] }
}

/** Takes in what an entry of a run says of its account. `row`: as it is before or after; its account does not change. */
export async function learnFrom(
  trx: Transaction<Tables>,
  row: { readonly session: string; readonly account: string; readonly admitted_seq: Seq | null },
  entry: Entry,
): Promise<void> {
  if (!teaches(entry)) return
  const session = trx.selectFrom('omc_sessions').select('runtime').where('id', '=', row.session)
  const { runtime } = await session.executeTakeFirstOrThrow()
  const before = await readAccount(trx, runtime as RuntimeName, row.account as AccountId)
  const after = learn(before, entry, row.admitted_seq ?? 0)
  const json = JSON.stringify(after)
  if (json === JSON.stringify(before)) return
  await trx
    .insertInto('accounts')
    .values({ runtime, account: row.account, json })
    .onConflict((known) => known.columns(['runtime', 'account']).doUpdateSet({ json }))
    .execute()
}

/** Gives a session another account, with what waits in it. False: it is not as it was thought to be. */
export async function moveSession(
  trx: Transaction<Tables>,
  { session, was, now }: { readonly session: string; readonly was: string; readonly now: string },
): Promise<boolean> {
  await lockBoard(trx)
  const waits: readonly State[] = ['waiting', 'parked']
  const open = trx
    .selectFrom('runs')
    .select('state')
    .where('session', '=', session)
    .where('state', '<>', sql.lit('over'))
  if ((await open.execute()).some(({ state }) => !waits.includes(state))) return false
  const here = trx.updateTable('omc_sessions').set({ account: now }).where('id', '=', session)
  const moved = here.where('account', '=', was).where('ended_at', 'is', null).returning('id')
  if ((await moved.executeTakeFirst()) === undefined) return false
  const runs = trx.updateTable('runs').set({ account: now }).where('session', '=', session)
  await runs.where('state', '<>', sql.lit('over')).where('state', 'in', waits).execute()
  return true
}

export async function readAccount(db: Kysely<Tables>, runtime: RuntimeName, account: AccountId): Promise<AccountState> {
  const rows = db.selectFrom('accounts').selectAll().where('runtime', '=', runtime).where('account', '=', account)
  const row = await rows.executeTakeFirst()
  return row === undefined ? unheardOf(runtime, account) : stateOf(row)
}

function stateOf(row: { readonly runtime: string; readonly account: string; readonly json: string }): AccountState {
  return parse(row.json, `accounts ${row.runtime} ${row.account}`) as AccountState
}
