import type { Kysely, Selectable } from 'kysely'
import type { Wallboard, Wallboards } from '../core/wallboard.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Locale } from '../core/person.ts'
import type { Commits } from './commits.ts'
import type { WallboardTable, Tables } from './schema.ts'

/** Which boards stand where. */
export class DatabaseWallboards implements Wallboards {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async all(): Promise<readonly Wallboard[]> {
    return (await this.#db.selectFrom('boards').selectAll().orderBy('channel').execute()).map(wallboardOf)
  }

  async put(board: Wallboard): Promise<void> {
    const { channel, ...row } = rowOf(board)
    await this.#commits.write((trx) =>
      trx
        .insertInto('boards')
        .values({ channel, ...row })
        .onConflict((known) => known.column('channel').doUpdateSet(row))
        .execute(),
    )
  }

  async forget({ place, key }: Wallboard): Promise<void> {
    await this.#commits.write((trx) =>
      trx.deleteFrom('boards').where('channel', '=', place.id).where('key', '=', key).execute(),
    )
  }
}

function rowOf({ place, locale, key, at }: Wallboard): WallboardTable {
  return { channel: place.id, guild: place.guild, locale, key, at }
}

function wallboardOf(row: Selectable<WallboardTable>): Wallboard {
  return {
    place: { kind: 'channel', id: row.channel as PlaceId, guild: row.guild },
    locale: row.locale as Locale,
    key: row.key,
    at: row.at,
  }
}
