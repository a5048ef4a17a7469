import type { Kysely, Transaction } from 'kysely'
import type { Entry } from '../core/event.ts'
import type { AccountId, PersonId, PlaceId, RuntimeName } from '../core/ids.ts'
import { allTokens, dayOf, moreTokens, noTokens, type Ledger, type LedgerLine, type Spend } from '../core/spending.ts'
import { readAccount } from './accounts.ts'
import type { Tables } from './schema.ts'
import type { LedgerTable, RunSpendTable } from './schema-money.ts'
import { countUse } from './window-uses.ts'

/** What was used, in a database: summed up with the entries of the journal that tell it. */
export class DatabaseLedger implements Ledger {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async since(day: string): Promise<readonly LedgerLine[]> {
    const rows = await this.#db
      .selectFrom('ledger')
      .selectAll()
      .where('day', '>=', day)
      .orderBy('day')
      .orderBy('person')
      .orderBy('channel')
      .orderBy('runtime')
      .orderBy('account')
      .orderBy('model')
      .orderBy('estimated')
      .execute()
    return rows.map(lineOf)
  }
}

/** A run of the ledger: as it is before the entry. */
interface LedgerRun {
  readonly session: string
  readonly person: string
  readonly channel: string
  readonly account: string
  readonly used: number
}

/** Books what an entry of a run says was used. */
export async function bookFrom(trx: Transaction<Tables>, run: LedgerRun, entry: Entry): Promise<void> {
  const spend = spendIn(entry, run.used === 1)
  if (spend === null) return
  const session = trx.selectFrom('omc_sessions').select('runtime').where('id', '=', run.session)
  const { runtime } = await session.executeTakeFirstOrThrow()
  const { person, channel, account } = run
  const { tokens, costUsd } = spend
  const sums = {
    model: spend.model ?? '',
    estimated: spend.estimated ? 1 : 0,
    input: tokens.input,
    cache_read: tokens.cacheRead,
    cache_write: tokens.cacheWrite,
    output: tokens.output,
    // Sums of fractions of a cent must not depend on their order.
    nano_usd: costUsd === null ? null : Math.round(costUsd * 1e9),
  }
  await addToRun(trx, { ...sums, run: entry.run })
  const { windows } = await readAccount(trx, runtime as RuntimeName, account as AccountId)
  await countUse(trx, { runtime, account, person }, windows, spend, entry.at)
  const row: LedgerTable = { ...sums, day: dayOf(entry.at), person, channel, runtime, account }
  await trx
    .insertInto('ledger')
    .values(row)
    .onConflict((known) =>
      known.columns(['day', 'person', 'channel', 'runtime', 'account', 'model', 'estimated']).doUpdateSet((old) => ({
        input: old('ledger.input', '+', row.input),
        cache_read: old('ledger.cache_read', '+', row.cache_read),
        cache_write: old('ledger.cache_write', '+', row.cache_write),
        output: old('ledger.output', '+', row.output),
        nano_usd:
          row.nano_usd === null
            ? old.ref('ledger.nano_usd')
            : old(old.fn.coalesce('ledger.nano_usd', old.val(0)), '+', row.nano_usd),
      })),
    )
    .execute()
}

async function addToRun(trx: Transaction<Tables>, row: RunSpendTable): Promise<void> {
  await trx
    .insertInto('run_spend')
    .values(row)
    .onConflict((known) =>
      known.columns(['run', 'model', 'estimated']).doUpdateSet((old) => ({
        input: old('run_spend.input', '+', row.input),
        cache_read: old('run_spend.cache_read', '+', row.cache_read),
        cache_write: old('run_spend.cache_write', '+', row.cache_write),
        output: old('run_spend.output', '+', row.output),
        nano_usd:
          row.nano_usd === null
            ? old.ref('run_spend.nano_usd')
            : old(old.fn.coalesce('run_spend.nano_usd', old.val(0)), '+', row.nano_usd),
      })),
    )
    .execute()
}

/** A run that told nothing while it worked is booked by what its end says. */
function spendIn({ event }: Entry, hasTold: boolean): Spend | null {
  if (event.type === 'used') return event.spend
  if (hasTold || (event.type !== 'finished' && event.type !== 'parked')) return null
  const { inputTokens, outputTokens, costUsd } = event.type === 'parked' ? event.usage : event.outcome.usage
  const tokens = moreTokens(noTokens, { ...noTokens, input: inputTokens, output: outputTokens })
  return allTokens(tokens) === 0 && (costUsd ?? 0) === 0 ? null : { model: null, tokens, costUsd, estimated: false }
}

function lineOf(row: LedgerTable): LedgerLine {
  return {
    day: row.day,
    person: row.person as PersonId,
    channel: row.channel as PlaceId,
    runtime: row.runtime as RuntimeName,
    account: row.account as AccountId,
    ...spendOf(row),
  }
}

/** A sum as the rest of the product knows it. */
export function spendOf(row: Omit<RunSpendTable, 'run'>): Spend {
  return {
    model: row.model === '' ? null : row.model,
    tokens: { input: row.input, cacheRead: row.cache_read, cacheWrite: row.cache_write, output: row.output },
    costUsd: row.nano_usd === null ? null : row.nano_usd / 1e9,
    estimated: row.estimated === 1,
  }
}
