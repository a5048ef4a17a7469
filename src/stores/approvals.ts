import { sql, type Kysely, type Selectable } from 'kysely'
import type { Draft } from '../core/ask.ts'
import type { EpochMs } from '../core/clock.ts'
import type { ApprovalId, PersonId, PromptKey, RunId, SessionId } from '../core/ids.ts'
import type { Interaction } from '../core/interaction.ts'
import type { Approvals, AskCopy, Consent, ApprovalRecord } from '../core/approval-record.ts'
import type { CommandContent } from '../core/running.ts'
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

  async open(record: Omit<ApprovalRecord, 'draft' | 'closed' | 'listed'>): Promise<ApprovalRecord> {
    const { token, run, approval, askedAt, expiresAt, runs, changed } = record
    const times = { asked_at: askedAt, expires_at: expiresAt, runs: JSON.stringify({ ...runs, changed }) }
    const row = await this.#commits.write(async (trx) => {
      await trx
        .insertInto('approvals')
        .values({ token, run, approval, ...times, draft: '{}', list: null, list_at: 0, closed: 0 })
        .onConflict((known) =>
          known
            .column('token')
            .doUpdateSet({ ...times, draft: '{}', list: null, closed: 0 })
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
    const rows = this.#db
      .selectFrom('approvals')
      .selectAll()
      .where('closed', '=', sql.lit(0))
      .orderBy('asked_at')
      .orderBy('token')
    return (await rows.execute()).map(slipOf)
  }

  async rerun(token: string, runs: CommandContent, changed: readonly string[]): Promise<void> {
    await this.#change(token, { runs: JSON.stringify({ ...runs, changed }) })
  }

  async prolong(token: string, expiresAt: EpochMs): Promise<void> {
    await this.#change(token, { expires_at: expiresAt })
  }

  async draft(token: string, draft: Draft): Promise<void> {
    await this.#change(token, { draft: JSON.stringify(draft) })
  }

  async enlist(list: string, places: readonly { readonly token: string; readonly at: number }[]): Promise<void> {
    await this.#commits.write(async (trx) => {
      for (const { token, at } of places)
        await trx.updateTable('approvals').set({ list, list_at: at }).where('token', '=', token).execute()
    })
  }

  async listed(list: string): Promise<readonly ApprovalRecord[]> {
    const rows = this.#db
      .selectFrom('approvals')
      .selectAll()
      .where('list', '=', list)
      .orderBy('list_at')
      .orderBy('token')
    return (await rows.execute()).map(slipOf)
  }

  async close(token: string): Promise<void> {
    await this.#change(token, { closed: 1 })
  }

  async keepCopy({ of, interaction, at }: AskCopy): Promise<void> {
    const row = { key: interaction.key, about: of, interaction: JSON.stringify(interaction), at }
    await this.#commits.write((trx) =>
      trx
        .insertInto('approval_copies')
        .values(row)
        .onConflict((known) => known.column('key').doUpdateSet(row))
        .execute(),
    )
  }

  async copies(of: string | null): Promise<readonly AskCopy[]> {
    const all = this.#db.selectFrom('approval_copies').selectAll().orderBy('at').orderBy('key')
    const rows = await (of === null ? all : all.where('about', '=', of)).execute()
    return rows.map(({ about, interaction, at }) => ({
      of: about,
      interaction: JSON.parse(interaction) as Interaction,
      at,
    }))
  }

  async dropCopy(key: PromptKey): Promise<void> {
    await this.#commits.write((trx) => trx.deleteFrom('approval_copies').where('key', '=', key).execute())
  }

  async consent(consent: Consent): Promise<void> {
    const { session, person, subject, grantedBy, token, at, runs } = consent
    const given = { granted_by: grantedBy.id, grantor: grantedBy.name, token, at, runs: JSON.stringify(runs) }
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
  const { changed, ...runs } = JSON.parse(row.runs) as CommandContent & Pick<ApprovalRecord, 'changed'>
  return {
    token: row.token,
    run: row.run as RunId,
    approval: row.approval as ApprovalId,
    askedAt: row.asked_at,
    expiresAt: row.expires_at,
    draft: JSON.parse(row.draft) as Draft,
    runs,
    changed,
    listed: row.list === null ? null : { list: row.list, at: row.list_at },
    closed: row.closed === 1,
  }
}

function consentOf(row: Selectable<ConsentTable>): Consent {
  return {
    session: row.session as SessionId,
    person: row.person as PersonId,
    subject: row.subject,
    runs: JSON.parse(row.runs) as CommandContent,
    grantedBy: { id: row.granted_by as PersonId, name: row.grantor },
    token: row.token,
    at: row.at,
  }
}
