import { sql, type Kysely } from 'kysely'
import type { Accounts } from '../core/account.ts'
import type { Wallboards } from '../core/wallboard.ts'
import type { EpochMs } from '../core/clock.ts'
import type { MessageId, PlaceId, Seq, SessionId, SessionKey } from '../core/ids.ts'
import type { Postings } from '../core/message.ts'
import type { Approvals } from '../core/approval-record.ts'
import { DatabaseAccounts } from './accounts.ts'
import { DatabaseApprovals } from './approvals.ts'
import { DatabaseWallboards } from './wallboards.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Ledger } from '../core/spending.ts'
import type { AttachedPlaces, Grants, SessionChange, Vault } from '../core/vault.ts'
import { DatabaseAttachedPlaces } from './attached-places.ts'
import type { Letters } from '../core/letters.ts'
import type { Commits } from './commits.ts'
import { DatabaseLedger } from './ledger.ts'
import { DatabaseLetters } from './letters.ts'
import { DatabaseGrants } from './grants.ts'
import { DatabasePostings } from './postings.ts'
import { rowOfSession, sessionOf, worktreeOf } from './rows.ts'
import type { Tables } from './schema.ts'

/** Everything that is not a run, in a database. */
export class DatabaseVault implements Vault {
  readonly postings: Postings
  readonly grants: Grants
  readonly approvals: Approvals
  readonly boards: Wallboards
  readonly attachedPlaces: AttachedPlaces
  readonly letters: Letters
  readonly accounts: Accounts
  readonly ledger: Ledger
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
    this.postings = new DatabasePostings(db, commits)
    this.grants = new DatabaseGrants(db, commits)
    this.approvals = new DatabaseApprovals(db, commits)
    this.boards = new DatabaseWallboards(db, commits)
    this.attachedPlaces = new DatabaseAttachedPlaces(db, commits)
    this.letters = new DatabaseLetters(db, commits)
    this.accounts = new DatabaseAccounts(db)
    this.ledger = new DatabaseLedger(db)
  }

  async addSession(session: Session): Promise<'added' | 'key-taken' | 'name-taken'> {
    return this.#commits.write(async (trx) => {
      const row = rowOfSession(session)
      const added = await trx
        .insertInto('omc_sessions')
        .values(row)
        .onConflict((taken) => taken.doNothing())
        .returning('id')
        .executeTakeFirst()
      if (added !== undefined) return 'added'
      const clashes = await trx
        .selectFrom('omc_sessions')
        .select(['id', 'key'])
        .where((other) =>
          other.or([
            other('id', '=', row.id),
            other.and([
              other('ended_at', 'is', null),
              other.or([other('key', '=', row.key), other('name', '=', row.name)]),
            ]),
          ]),
        )
        .execute()
      // The same session once more, after a crash hid that it was kept.
      if (clashes.some((clash) => clash.id === row.id)) return 'added'
      return clashes.some((clash) => clash.key === row.key) ? 'key-taken' : 'name-taken'
    })
  }

  async endSession(id: SessionId, at: EpochMs): Promise<void> {
    await this.#commits.write((trx) => {
      const session = trx.updateTable('omc_sessions').set({ ended_at: at }).where('id', '=', id)
      return session.where('ended_at', 'is', null).execute()
    })
  }

  async session(id: SessionId): Promise<Session | null> {
    const row = await this.#db.selectFrom('omc_sessions').selectAll().where('id', '=', id).executeTakeFirst()
    return row === undefined ? null : sessionOf(row)
  }

  async sessionAt(key: SessionKey): Promise<Session | null> {
    const row = await this.#live().where('key', '=', key).executeTakeFirst()
    return row === undefined ? null : sessionOf(row)
  }

  async liveSessions(): Promise<readonly Session[]> {
    return (await this.#live().orderBy('seq').execute()).map(sessionOf)
  }

  async changeSession(id: SessionId, { workdir, model, worktree, trusted }: SessionChange): Promise<boolean> {
    const set = {
      ...(workdir === undefined ? {} : { workdir }),
      ...(model === undefined ? {} : { model }),
      ...(trusted === undefined ? {} : { trusted: trusted ? 1 : 0 }),
      ...(worktree === undefined ? {} : { worktree: worktree === null ? null : JSON.stringify(worktree) }),
    }
    const changed = await this.#commits.write((trx) =>
      trx
        .updateTable('omc_sessions')
        .set(set)
        .where('id', '=', id)
        .where('ended_at', 'is', null)
        .where((is) =>
          is.not(
            is.exists(
              is.selectFrom('runs').select('id').where('session', '=', id).where('state', '<>', sql.lit('over')),
            ),
          ),
        )
        .returning('id')
        .executeTakeFirst(),
    )
    return changed !== undefined
  }

  async worktrees(): Promise<readonly Worktree[]> {
    const rows = this.#db.selectFrom('omc_sessions').select('worktree').distinct().where('worktree', 'is not', null)
    return (await rows.execute()).map((row) => worktreeOf(row.worktree ?? '', 'omc_sessions'))
  }

  async seenIn(place: PlaceId): Promise<MessageId | null> {
    const row = await this.#db.selectFrom('seen').select('message').where('place', '=', place).executeTakeFirst()
    return row === undefined ? null : (row.message as MessageId)
  }

  async saw(place: PlaceId, message: MessageId): Promise<void> {
    await this.#commits.write((trx) =>
      trx
        .insertInto('seen')
        .values({ place, message })
        .onConflict((known) =>
          known
            .column('place')
            .doUpdateSet({ message })
            // Snowflakes are numbers of up to 64 bits written as text: '9' is older than '10'.
            .where(sql<boolean>`cast(excluded.message as integer) > cast(seen.message as integer)`),
        )
        .execute(),
    )
  }

  async alive(at: EpochMs): Promise<void> {
    await this.#commits.write((trx) =>
      trx
        .insertInto('meta')
        .values({ key: 'alive', value: at })
        .onConflict((known) => known.column('key').doUpdateSet({ value: at }))
        .execute(),
    )
  }

  async lastAlive(): Promise<EpochMs | null> {
    const row = await this.#db.selectFrom('meta').select('value').where('key', '=', 'alive').executeTakeFirst()
    return row === undefined ? null : row.value
  }

  async reached(reader: string): Promise<Seq> {
    const row = await this.#db
      .selectFrom('meta')
      .select('value')
      .where('key', '=', `reached:${reader}`)
      .executeTakeFirst()
    return row?.value ?? 0
  }

  async reach(reader: string, seq: Seq): Promise<void> {
    await this.#commits.write((trx) =>
      trx
        .insertInto('meta')
        .values({ key: `reached:${reader}`, value: seq })
        .onConflict((known) => known.column('key').doUpdateSet({ value: seq }))
        .execute(),
    )
  }

  async once(key: string, at: EpochMs): Promise<boolean> {
    const said = await this.#commits.write((trx) =>
      trx
        .insertInto('notices')
        .values({ key, at })
        .onConflict((known) => known.doNothing())
        .returning('key')
        .executeTakeFirst(),
    )
    return said !== undefined
  }

  async saidAt(key: string): Promise<EpochMs | null> {
    const row = await this.#db.selectFrom('notices').select('at').where('key', '=', key).executeTakeFirst()
    return row?.at ?? null
  }

  #live() {
    return this.#db.selectFrom('omc_sessions').selectAll().where('ended_at', 'is', null)
  }
}
