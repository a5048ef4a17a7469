import type { Kysely, Transaction } from 'kysely'
import { learn, teaches, unheardOf, type Accounts, type AccountState } from '../core/account.ts'
import type { Entry } from '../core/event.ts'
import type { AccountId, RuntimeName, Seq } from '../core/ids.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'

/** What is known of the logins, in a database: written with the entries of the journal that it is learned from. */
export class DatabaseAccounts implements Accounts {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  all(): Promise<readonly AccountState[]> {
    return readAccounts(this.#db)
  }

  of(runtime: RuntimeName, account: AccountId): Promise<AccountState> {
    return readAccount(this.#db, runtime, account)
  }
}

export async function readAccounts(db: Kysely<Tables>): Promise<readonly AccountState[]> {
  const rows = await db.selectFrom('accounts').selectAll().orderBy('runtime').orderBy('account').execute()
  return rows.map(stateOf)
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

async function readAccount(db: Kysely<Tables>, runtime: RuntimeName, account: AccountId): Promise<AccountState> {
  const rows = db.selectFrom('accounts').selectAll().where('runtime', '=', runtime).where('account', '=', account)
  const row = await rows.executeTakeFirst()
  return row === undefined ? unheardOf(runtime, account) : stateOf(row)
}

function stateOf(row: { readonly runtime: string; readonly account: string; readonly json: string }): AccountState {
  return parse(row.json, `accounts ${row.runtime} ${row.account}`) as AccountState
}
