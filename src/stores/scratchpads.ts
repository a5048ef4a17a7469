import type { Kysely, Transaction } from 'kysely'
import type { ScratchpadNote, Scratchpads, ScratchpadScope } from '../core/scratchpad.ts'
import type { Tables } from './schema.ts'

/** Scratchpads in a database. A note that was taken away leaves its version behind, so that none comes twice. */
export class DatabaseScratchpads implements Scratchpads {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async of(scope: ScratchpadScope): Promise<readonly ScratchpadNote[]> {
    const rows = this.#db.selectFrom('scratchpads').selectAll().where('scope', '=', scope).orderBy('key')
    return (await rows.execute()).map(({ key, text, version, author, at }) => ({ key, text, version, by: author, at }))
  }
}

/** Keeps a note as it is now. False: it is not in the version before any more. */
export async function keepScratchpadNote(
  trx: Transaction<Tables>,
  scope: ScratchpadScope,
  { key, text, version, by, at }: ScratchpadNote,
): Promise<boolean> {
  const set = { text, version, author: by, at }
  if (version === 1) {
    const row = trx.insertInto('scratchpads').values({ scope, key, ...set })
    return (
      (
        await row
          .onConflict((known) => known.doNothing())
          .returning('key')
          .execute()
      ).length > 0
    )
  }
  const row = trx.updateTable('scratchpads').set(set).where('scope', '=', scope).where('key', '=', key)
  return (
    (
      await row
        .where('version', '=', version - 1)
        .returning('key')
        .execute()
    ).length > 0
  )
}
