import type { Kysely } from 'kysely'
import type { PersonId } from '../core/ids.ts'
import type { PastRefusal, PastRefusals } from '../core/past-refusal.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'

const mostOfOne = 20

/** What people were refused lately. */
export class DatabasePastRefusals implements PastRefusals {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async keep(past: PastRefusal): Promise<void> {
    const { key, person } = past
    await this.#commits.write(async (trx) => {
      await trx
        .insertInto('past_refusals')
        .values({ key, person, json: JSON.stringify(past) })
        .onConflict((known) => known.doNothing())
        .execute()
      const oldest = trx.selectFrom('past_refusals').select('seq').where('person', '=', person)
      const [last] = await oldest.orderBy('seq', 'desc').offset(mostOfOne).limit(1).execute()
      if (last === undefined) return
      await trx.deleteFrom('past_refusals').where('person', '=', person).where('seq', '<=', last.seq).execute()
    })
  }

  async of(person: PersonId, key: string | null): Promise<PastRefusal | null> {
    const all = this.#db.selectFrom('past_refusals').select(['key', 'json']).where('person', '=', person)
    const wanted = key === null ? all : all.where('key', '=', key)
    const row = await wanted.orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row === undefined ? null : (parse(row.json, `past_refusals ${row.key}`) as PastRefusal)
  }
}
