import { sql, type Kysely } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import type { Identities } from '../core/identity.ts'
import type { MessageId, PlaceId, Seq, SessionId, SessionKey } from '../core/ids.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { Books, SessionChange, Vault } from '../core/vault.ts'
import type { BoardRules } from './board.ts'
import { booksIn } from './books.ts'
import type { Commits } from './commits.ts'
import { lockBoard } from './locks.ts'
import { rowOfSession, sessionOf, worktreeOf } from './rows.ts'
import type { Tables } from './schema.ts'

/** Everything that is not a run, in a database. */
export function vaultIn(db: Kysely<Tables>, commits: Commits, identities: Identities, rules: BoardRules): Vault {
  return Object.assign(new DatabaseSessions(db, commits), booksIn(db, commits, identities, rules))
}

/** Sessions, and what is kept in a word each. */
class DatabaseSessions implements Omit<Vault, keyof Books> {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
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
    await this.#commits.write(async (trx) => {
      // Whoever asks at this moment is kept before it, and stopped with the rest, or sees that it has ended.
      await lockBoard(trx)
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

  async endedSessions(most: number): Promise<readonly Session[]> {
    const ended = this.#db.selectFrom('omc_sessions').selectAll().where('ended_at', 'is not', null)
    return (await ended.orderBy('seq', 'desc').limit(most).execute()).map(sessionOf)
  }

  async changeSession(id: SessionId, { workdir, model, worktree, trusted, account }: SessionChange): Promise<boolean> {
    const set = {
      ...(workdir === undefined ? {} : { workdir }),
      ...(model === undefined ? {} : { model }),
      ...(account === undefined ? {} : { account }),
      ...(trusted === undefined ? {} : { trusted: trusted ? 1 : 0 }),
      ...(worktree === undefined ? {} : { worktree: worktree === null ? null : JSON.stringify(worktree) }),
    }
    const changed = await this.#commits.write(async (trx) => {
      await lockBoard(trx)
      return trx
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
        .executeTakeFirst()
    })
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
            .where(sql<boolean>`cast(excluded.message as bigint) > cast(seen.message as bigint)`),
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
