import type { Kysely, Selectable } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Arrival, Arrivals, KeptArrival } from '../core/inbox.ts'
import type { Log } from '../core/log.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { InboxTable, Tables } from './schema.ts'
import type { Seal } from './seal.ts'

/**
 * What came in and is not worked off, and for a while the keys of what is. What is secret in it lies there sealed: also
 * what was deleted can be read in the file of a database for a long time.
 */
export class DatabaseArrivals implements Arrivals {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits
  readonly #seal: Seal
  readonly #log: Log

  constructor(db: Kysely<Tables>, commits: Commits, seal: Seal, log: Log) {
    this.#db = db
    this.#commits = commits
    this.#seal = seal
    this.#log = log
  }

  async keep({ key, place, at, arrival }: Parameters<Arrivals['keep']>[0]): Promise<boolean> {
    const text = JSON.stringify(arrival)
    const isSecret = arrival.kind === 'interaction' && arrival.interaction.secret === true
    const row = { key, place, kept_at: at, body: isSecret ? this.#seal.close(text, key) : text }
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
  async done(key: string, at: EpochMs, patiently: boolean): Promise<void> {
    const change = { done_at: at, body: '', memo: null }
    if (patiently) await this.#commits.writeWithNext((trx) => changed(trx, key, change))
    else await this.#set(key, change)
  }

  async open(): Promise<readonly KeptArrival[]> {
    const rows = await this.#db.selectFrom('inbox').selectAll().where('done_at', 'is', null).orderBy('seq').execute()
    return rows.flatMap((row) => {
      const body = this.#seal.isClosed(row.body) ? this.#seal.open(row.body, row.key) : row.body
      if (body !== null) return [keptOf({ ...row, body })]
      this.#log.error({ key: row.key }, 'inbox.unreadable')
      return []
    })
  }

  async forget(before: EpochMs): Promise<void> {
    await this.#commits.write((trx) => trx.deleteFrom('inbox').where('done_at', '<', before).execute())
  }

  async #set(key: string, change: Partial<Selectable<InboxTable>>): Promise<void> {
    await this.#commits.write((trx) => changed(trx, key, change))
  }
}

function changed(db: Kysely<Tables>, key: string, change: Partial<Selectable<InboxTable>>): Promise<unknown> {
  return db.updateTable('inbox').set(change).where('key', '=', key).execute()
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
