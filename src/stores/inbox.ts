import type { Kysely, Selectable } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Arrival, Arrivals, KeptArrival } from '../core/inbox.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { InboxTable, Tables } from './schema.ts'

/** What came in and is not worked off, and for a while the keys of what is. */
export class DatabaseArrivals implements Arrivals {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async keep({ key, place, at, arrival }: Parameters<Arrivals['keep']>[0]): Promise<boolean> {
    const row = { key, place, kept_at: at, body: JSON.stringify(arrival) }
    const kept = await this.#commits.write((trx) =>
      trx
        .insertInto('inbox')
        .values(row)
        .onConflict((known) => known.column('key').doNothing())
        .returning('seq')
        .executeTakeFirst(),
    )
    return kept !== undefined
  }

  acknowledged(key: string): Promise<void> {
    return this.#set(key, { acknowledged: 1 })
  }

  note(key: string, memo: string): Promise<void> {
    return this.#set(key, { memo })
  }

  /** The body goes: it holds what people wrote, and a token that Discord would still take. */
  done(key: string, at: EpochMs): Promise<void> {
    return this.#set(key, { done_at: at, body: '', memo: null })
  }

  async open(): Promise<readonly KeptArrival[]> {
    const rows = await this.#db.selectFrom('inbox').selectAll().where('done_at', 'is', null).orderBy('seq').execute()
    return rows.map(keptOf)
  }

  async forget(before: EpochMs): Promise<void> {
    await this.#commits.write((trx) => trx.deleteFrom('inbox').where('done_at', '<', before).execute())
  }

  async #set(key: string, change: Partial<Selectable<InboxTable>>): Promise<void> {
    await this.#commits.write((trx) => trx.updateTable('inbox').set(change).where('key', '=', key).execute())
  }
}

function keptOf(row: Selectable<InboxTable>): KeptArrival {
  return {
    key: row.key,
    place: row.place as PlaceId,
    at: row.kept_at,
    arrival: parse(row.body, `inbox ${row.key}`) as Arrival,
    acknowledged: row.acknowledged === 1,
    memo: row.memo,
  }
}
