import type { Kysely } from 'kysely'
import { verbosities, type Verbosities, type Verbosity, type VerbosityScope } from '../core/verbosity.ts'
import type { Commits } from './commits.ts'
import type { Tables } from './schema.ts'

/** How much is shown, by place and person. */
export class DatabaseVerbosities implements Verbosities {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async of(scopes: readonly VerbosityScope[]): Promise<ReadonlyMap<VerbosityScope, Verbosity>> {
    const rows = await this.#db.selectFrom('verbosities').selectAll().where('scope', 'in', scopes).execute()
    const known = new Map<string, Verbosity>()
    for (const { scope, level } of rows) {
      const named = verbosities.find((each) => each === level)
      if (named !== undefined) known.set(scope, named)
    }
    return known as Map<VerbosityScope, Verbosity>
  }

  async set(scope: VerbosityScope, level: Verbosity | null): Promise<void> {
    await this.#commits.write(async (trx) => {
      if (level === null) return trx.deleteFrom('verbosities').where('scope', '=', scope).execute()
      const row = trx.insertInto('verbosities').values({ scope, level })
      return row.onConflict((known) => known.column('scope').doUpdateSet({ level })).execute()
    })
  }
}
