import { sql, type Kysely, type Transaction } from 'kysely'
import { Problem } from '../../core/failure.ts'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../schema.ts'
import { base, baseVersion } from './base.ts'
import { inPostgres } from './in-postgres.ts'

/**
 * Brings a database to the newest schema, in one transaction and one at a time. Gives the version it had; 0: it was empty.
 * Throws a `refused` problem for one that a newer program made. Its backup is the operator's (`pg_dump`).
 */
export async function migratePostgres(db: Kysely<Tables>, name: string): Promise<number> {
  return db.transaction().execute((trx) => migrateIn(trx, name))
}

/** The same in a transaction of the caller's. */
export async function migrateIn(trx: Transaction<Tables>, name: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || ' schema', 0))`.execute(trx)
  await sql`create table if not exists schema_version (version bigint not null)`.execute(trx)
  const { rows } = await sql<{ readonly version: number }>`select version from schema_version`.execute(trx)
  const from = rows[0]?.version ?? 0
  const to = migrations.length
  if (from > to) {
    throw new Problem(
      'refused',
      `The database ${name} has schema version ${from}, but this program knows versions up to ${to} only. ` +
        `Start the newer program that made it, or put a backup in its place.`,
    )
  }
  if (from === to) return from
  if (from === 0) await sql.raw(base()).execute(trx)
  for (const each of migrations.slice(Math.max(from, baseVersion))) await sql.raw(inPostgres(each)).execute(trx)
  if (from === 0) await sql`insert into schema_version values (${to})`.execute(trx)
  else await sql`update schema_version set version = ${to}`.execute(trx)
  return from
}
