import type { Kysely, Selectable } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import { Problem } from '../core/failure.ts'
import type { MessageId, PlaceId, RunId } from '../core/ids.ts'
import type { Deliveries, Intent, Part, Shown } from '../core/journal.ts'
import type { Commits } from './commits.ts'
import type { DeliveryTable, Tables } from './schema.ts'

/** What was said about runs, in a database. */
export class DatabaseDeliveries implements Deliveries {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async intend(intent: Intent): Promise<void> {
    const { run, part, nonce, hash, place, at } = intent
    const values = {
      run,
      part,
      nonce,
      hash,
      place,
      intended_at: at,
      message: null,
      posted_at: null,
      text_end: 0,
      frozen: 0,
    }
    await this.#commits.write((trx) =>
      trx
        .insertInto('deliveries')
        .values(values)
        // The first intent stands: its time is since when a lost post is looked for.
        .onConflict((known) => known.doNothing())
        .execute(),
    )
  }

  async posted(run: RunId, part: number, message: MessageId, shown: Shown, at: EpochMs): Promise<void> {
    await this.#change(run, part, { message, hash: shown.hash, text_end: shown.end, posted_at: at })
  }

  async edited(run: RunId, part: number, shown: Shown): Promise<void> {
    await this.#change(run, part, { hash: shown.hash, text_end: shown.end })
  }

  async frozen(run: RunId, part: number): Promise<void> {
    await this.#change(run, part, { frozen: 1 })
  }

  async gone(run: RunId, part: number, nonce: string, at: EpochMs): Promise<void> {
    await this.#change(run, part, { nonce, intended_at: at, message: null, posted_at: null })
  }

  async settled(run: RunId): Promise<void> {
    await this.#commits.write((trx) => trx.deleteFrom('unsettled').where('run', '=', run).execute())
  }

  async of(run: RunId): Promise<readonly Part[]> {
    const rows = this.#db.selectFrom('deliveries').selectAll().where('run', '=', run).orderBy('part')
    return (await rows.execute()).map(partOf)
  }

  async unsettled(): Promise<readonly RunId[]> {
    const rows = await this.#db.selectFrom('unsettled').select('run').orderBy('asked_seq').execute()
    return rows.map((row) => row.run as RunId)
  }

  async #change(run: RunId, part: number, change: Partial<DeliveryTable>): Promise<void> {
    const { numUpdatedRows } = await this.#commits.write((trx) =>
      trx
        .updateTable('deliveries')
        .set(change)
        .where('run', '=', run)
        .where('part', '=', part)
        .executeTakeFirstOrThrow(),
    )
    if (numUpdatedRows === 0n) throw new Problem('bug', `Part ${part} of run ${run} was never intended to be posted.`)
  }
}

function partOf(row: Selectable<DeliveryTable>): Part {
  return {
    run: row.run as RunId,
    part: row.part,
    nonce: row.nonce,
    hash: row.hash,
    place: row.place as PlaceId,
    at: row.intended_at,
    message: row.message as MessageId | null,
    postedAt: row.posted_at,
    end: row.text_end,
    frozen: row.frozen === 1,
  }
}
