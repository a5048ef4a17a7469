import type { Kysely, Selectable } from 'kysely'
import type { Wallboard, Wallboards } from '../core/wallboard.ts'
import type { MessageId, PlaceId } from '../core/ids.ts'
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

  async change(board: Wallboard): Promise<void> {
    const { channel, nonce, message, shown } = rowOf(board)
    await this.#commits.write((trx) =>
      trx
        .updateTable('boards')
        .set({ message, shown })
        .where('channel', '=', channel)
        .where('nonce', '=', nonce)
        .execute(),
    )
  }

  async forget(channel: PlaceId, message: MessageId | null): Promise<void> {
    await this.#commits.write((trx) => {
      const board = trx.deleteFrom('boards').where('channel', '=', channel)
      return (message === null ? board : board.where('message', '=', message)).execute()
    })
  }
}

function rowOf({ place, locale, message, nonce, shown, at }: Wallboard): WallboardTable {
  return { channel: place.id, guild: place.guild, locale, message, nonce, shown, at }
}

function wallboardOf(row: Selectable<WallboardTable>): Wallboard {
  return {
    place: { kind: 'channel', id: row.channel as PlaceId, guild: row.guild },
    locale: row.locale as Locale,
    message: row.message as MessageId | null,
    nonce: row.nonce,
    shown: row.shown,
    at: row.at,
  }
}
