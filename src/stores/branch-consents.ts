import type { Kysely } from 'kysely'
import type { BranchConsent, BranchConsents } from '../core/branch-consent.ts'
import type { EpochMs } from '../core/clock.ts'
import type { PersonId, PromptKey, SessionId } from '../core/ids.ts'
import type { Commits } from './commits.ts'
import type { Tables } from './schema.ts'
import type { BranchConsentTable } from './schema-branches.ts'

/** So many files are kept by name. */
const mostPaths = 100

/** Who has let in which commits: a row for each. */
export class DatabaseBranchConsents implements BranchConsents {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async of(session: SessionId, commit: string): Promise<BranchConsent | null> {
    const rows = this.#db.selectFrom('branch_consents').selectAll()
    const row = await rows.where('session', '=', session).where('commit_id', '=', commit).executeTakeFirst()
    return row === undefined ? null : consentOf(row)
  }

  async keep({ session, commit, key, by, at, paths }: BranchConsent): Promise<void> {
    const given = { press: key, by_id: by.id, by_name: by.name, at, paths: JSON.stringify(paths.slice(0, mostPaths)) }
    await this.#commits.write((trx) =>
      trx
        .insertInto('branch_consents')
        .values({ session, commit_id: commit, ...given })
        .onConflict((known) => known.columns(['session', 'commit_id']).doUpdateSet(given))
        .execute(),
    )
  }

  async drop({ session, commit, key }: BranchConsent): Promise<void> {
    await this.#commits.write((trx) =>
      trx
        .deleteFrom('branch_consents')
        .where('session', '=', session)
        .where('commit_id', '=', commit)
        .where('press', '=', key)
        .execute(),
    )
  }

  async since(at: EpochMs): Promise<readonly BranchConsent[]> {
    const rows = this.#db.selectFrom('branch_consents').selectAll().where('at', '>=', at)
    return (await rows.orderBy('at').orderBy('commit_id').execute()).map(consentOf)
  }
}

function consentOf({ session, commit_id, press, by_id, by_name, at, paths }: BranchConsentTable): BranchConsent {
  return {
    session: session as SessionId,
    commit: commit_id,
    key: press as PromptKey,
    by: { id: by_id as PersonId, name: by_name },
    at,
    paths: JSON.parse(paths) as readonly string[],
  }
}
