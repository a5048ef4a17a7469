import { PostgresAdapter, sql, type Kysely, type Transaction } from 'kysely'
import type { Tables } from './schema.ts'

/**
 * What several connections must not do at the same time. SQLite has one connection that writes, so there is nothing to
 * lock; PostgreSQL lets everybody write, and is told.
 */
export function isShared(db: Kysely<Tables>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter
}

/** SQL for the number of an advisory lock, one for each schema and name. `name` is SQL. */
export function lockOf(name: string): string {
  return `hashtextextended(current_schema() || ' ' || ${name}, 0)`
}

/** Until the end of the transaction nobody else looks at the board to decide by it: not two claim the same place. */
export async function lockBoard(trx: Transaction<Tables>): Promise<void> {
  if (isShared(trx)) await sql`select pg_advisory_xact_lock(${sql.raw(lockOf(`'board'`))})`.execute(trx)
}
