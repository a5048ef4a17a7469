import type { Kysely } from 'kysely'
import type { Freeze, Freezes } from '../core/freeze.ts'
import type { Commits } from './commits.ts'
import type { Tables } from './schema.ts'

/** Whether everything stands still: one row, or none. */
export class DatabaseFreezes implements Freezes {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async now(): Promise<Freeze | null> {
    return readFreeze(this.#db)
  }

  async set({ by, at }: Freeze): Promise<Freeze> {
    return this.#commits.write(async (trx) => {
      const row = { id: 1, by, at } as const
      await trx
        .insertInto('freezes')
        .values(row)
        .onConflict((known) => known.doNothing())
        .execute()
      return (await readFreeze(trx)) ?? row
    })
  }

  async lift(): Promise<boolean> {
    return this.#commits.write(async (trx) => {
      const gone = await trx.deleteFrom('freezes').executeTakeFirst()
      return gone.numDeletedRows > 0n
    })
  }
}

/** Read where admission decides, in the same transaction. */
export async function readFreeze(db: Kysely<Tables>): Promise<Freeze | null> {
  return (await db.selectFrom('freezes').select(['by', 'at']).executeTakeFirst()) ?? null
}
