import type { Kysely, Selectable } from 'kysely'
import type { Draft } from '../core/ask.ts'
import type { ApprovalId, PersonId, RunId, SessionId } from '../core/ids.ts'
import type { Approvals, Consent, ApprovalRecord } from '../core/approval-record.ts'
import type { Commits } from './commits.ts'
import type { ApprovalTable, ConsentTable, Tables } from './schema.ts'

/** What is asked of people, where it stands, and what they consented to for a session. */
export class DatabaseApprovals implements Approvals {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async open(record: Omit<ApprovalRecord, 'draft' | 'closed'>): Promise<ApprovalRecord> {
    const { token, run, approval, askedAt, expiresAt } = record
    const times = { asked_at: askedAt, expires_at: expiresAt }
    const row = await this.#commits.write(async (trx) => {
      await trx
        .insertInto('approvals')
        .values({ token, run, approval, ...times, draft: '{}', closed: 0 })
        .onConflict((known) =>
          known
            .column('token')
            .doUpdateSet({ ...times, draft: '{}', closed: 0 })
            .where('approvals.closed', '=', 1),
        )
        .execute()
      return trx.selectFrom('approvals').selectAll().where('token', '=', token).executeTakeFirstOrThrow()
    })
    return slipOf(row)
  }

  async record(token: string): Promise<ApprovalRecord | null> {
    const row = await this.#db.selectFrom('approvals').selectAll().where('token', '=', token).executeTakeFirst()
    return row === undefined ? null : slipOf(row)
  }

  async unclosed(): Promise<readonly ApprovalRecord[]> {
    const rows = this.#db.selectFrom('approvals').selectAll().where('closed', '=', 0).orderBy('asked_at')
    return (await rows.execute()).map(slipOf)
  }

  async draft(token: string, draft: Draft): Promise<void> {
    await this.#change(token, { draft: JSON.stringify(draft) })
  }

  async close(token: string): Promise<void> {
    await this.#change(token, { closed: 1 })
  }

  async consent(consent: Consent): Promise<void> {
    const { session, person, subject, grantedBy, token, at } = consent
    const given = { granted_by: grantedBy.id, grantor: grantedBy.name, token, at }
    await this.#commits.write((trx) =>
      trx
        .insertInto('consents')
        .values({ session, person, subject, ...given })
        .onConflict((known) => known.columns(['session', 'person', 'subject']).doUpdateSet(given))
        .execute(),
    )
  }

  async consentTo(session: SessionId, person: PersonId, subject: string): Promise<Consent | null> {
    const row = await this.#db
      .selectFrom('consents')
      .selectAll()
      .where('session', '=', session)
      .where('person', '=', person)
      .where('subject', '=', subject)
      .executeTakeFirst()
    return row === undefined ? null : consentOf(row)
  }

  async #change(token: string, change: Partial<ApprovalTable>): Promise<void> {
    await this.#commits.write((trx) => trx.updateTable('approvals').set(change).where('token', '=', token).execute())
  }
}

function slipOf(row: Selectable<ApprovalTable>): ApprovalRecord {
  return {
    token: row.token,
    run: row.run as RunId,
    approval: row.approval as ApprovalId,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    draft: JSON.parse(row.draft) as Draft,
    closed: row.closed === 1,
  }
}

function consentOf(row: Selectable<ConsentTable>): Consent {
  return {
    session: row.session as SessionId,
    person: row.person as PersonId,
    subject: row.subject,
    grantedBy: { id: row.granted_by as PersonId, name: row.grantor },
    token: row.token,
    at: row.at,
  }
}
