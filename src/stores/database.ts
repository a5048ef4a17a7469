import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'
import type { Errands } from '../core/errand.ts'
import type { Commits } from './commits.ts'
import type { LocalWake } from './wake.ts'

/** A database that is open and up to date, whichever it is. */
export interface Database {
  readonly db: Kysely<Tables>
  readonly wake: LocalWake
  /** How the bot and its machines ask things of each other; null: it has none. */
  readonly errands: ((commits: Commits) => Errands) | null
  /** How often it was opened, this time counted. */
  readonly starts: number
  /** Nothing is written any more: closes it. Idempotent. */
  close(): Promise<void>
}

/** Counts that a database was opened, and gives how often. */
export async function countStart(db: Kysely<Tables>): Promise<number> {
  const counted = await db
    .insertInto('meta')
    .values({ key: 'starts', value: 1 })
    .onConflict((known) => known.column('key').doUpdateSet((old) => ({ value: old('meta.value', '+', 1) })))
    .returning('value')
    .executeTakeFirstOrThrow()
  return counted.value
}
