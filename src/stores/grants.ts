import type { Kysely, Selectable } from 'kysely'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Grant, Scope } from '../core/policy.ts'
import type { Tier } from '../core/right.ts'
import type { Grants } from '../core/vault.ts'
import type { Commits } from './commits.ts'
import { damaged } from './rows.ts'
import type { GrantTable, Tables } from './schema.ts'

/** Who was given which tier where. */
export class DatabaseGrants implements Grants {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async of(person: PersonId): Promise<readonly Grant[]> {
    const rows = await this.#db.selectFrom('grants').selectAll().where('person', '=', person).orderBy('scope').execute()
    return rows.map(grantOf)
  }

  async all(): Promise<readonly Grant[]> {
    return (await this.#db.selectFrom('grants').selectAll().orderBy('person').orderBy('scope').execute()).map(grantOf)
  }

  async set(grant: Grant): Promise<void> {
    const { person, tier, by, at } = grant
    const row = { person, scope: keyOf(grant.scope), tier, granted_by: by, at }
    await this.#commits.write((trx) =>
      trx
        .insertInto('grants')
        .values(row)
        .onConflict((known) => known.columns(['person', 'scope']).doUpdateSet({ tier, granted_by: by, at }))
        .execute(),
    )
  }

  async remove(person: PersonId, scope: Scope): Promise<void> {
    await this.#commits.write((trx) =>
      trx.deleteFrom('grants').where('person', '=', person).where('scope', '=', keyOf(scope)).execute(),
    )
  }
}

/** SPEC F3: `thread:<id>`, `channel:<id>` or `global`. */
function keyOf(scope: Scope): string {
  return scope.kind === 'global' ? 'global' : `${scope.kind}:${scope.id}`
}

function grantOf(row: Selectable<GrantTable>): Grant {
  const [kind = '', id = ''] = row.scope.split(':')
  const scope: Scope | null =
    kind === 'global' ? { kind } : kind === 'thread' || kind === 'channel' ? { kind, id: id as PlaceId } : null
  if (scope === null) throw damaged(`grants ${row.person}`, `has the unknown scope ${row.scope}`)
  return {
    person: row.person as PersonId,
    scope,
    tier: row.tier as Tier,
    by: row.granted_by as PersonId,
    at: row.at,
  }
}
