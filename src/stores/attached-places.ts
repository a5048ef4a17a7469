import type { Kysely, Selectable } from 'kysely'
import type { MessageId, PersonId, SessionId, SessionKey } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import type { AttachedPlace, AttachedPlaces } from '../core/vault.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { AttachedPlaceTable, Tables } from './schema.ts'

/** Which places are bound to the session of another. */
export class DatabaseAttachedPlaces implements AttachedPlaces {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async at(key: SessionKey): Promise<AttachedPlace | null> {
    const row = await this.#db.selectFrom('attached_places').selectAll().where('key', '=', key).executeTakeFirst()
    return row === undefined ? null : attachedOf(row)
  }

  async all(): Promise<readonly AttachedPlace[]> {
    return (await this.#db.selectFrom('attached_places').selectAll().orderBy('key').execute()).map(attachedOf)
  }

  async set({ key, place, session, by, since, at }: AttachedPlace): Promise<void> {
    const change = { place: JSON.stringify(place), session, attached_by: by, since, at }
    await this.#commits.write((trx) =>
      trx
        .insertInto('attached_places')
        .values({ key, ...change })
        .onConflict((known) => known.column('key').doUpdateSet(change))
        .execute(),
    )
  }

  async remove(key: SessionKey): Promise<void> {
    await this.#commits.write((trx) => trx.deleteFrom('attached_places').where('key', '=', key).execute())
  }
}

function attachedOf(row: Selectable<AttachedPlaceTable>): AttachedPlace {
  return {
    key: row.key as SessionKey,
    place: parse(row.place, `attached_places ${row.key}`) as Place,
    session: row.session as SessionId,
    by: row.attached_by as PersonId,
    since: row.since as MessageId,
    at: row.at,
  }
}
