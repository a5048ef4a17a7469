import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { EpochMs } from '../../core/clock.ts'
import { Problem } from '../../core/failure.ts'
import { inWords, type Sqlite } from './sqlite.ts'

/** What a migration did: from which version, to which, and where the copy from before is (null: it was empty). */
export interface Migrated {
  readonly from: number
  readonly to: number
  readonly backup: string | null
}

/**
 * Brings a database to the newest schema: backs up an older one into a file beside it, then runs what it lacks in one
 * transaction. Gives null when there was nothing to do.
 * Throws a `refused` problem for a database that a newer program made, and leaves it as it is.
 */
export function migrate(sqlite: Sqlite, migrations: readonly string[], now: EpochMs): Migrated | null {
  const from = versionOf(sqlite)
  const to = migrations.length
  if (from > to) {
    throw new Problem(
      'refused',
      `${sqlite.path} has schema version ${from}, but this program knows versions up to ${to} only. ` +
        `Start the newer program that made it, or put a backup (${basename(sqlite.path)}.v${to}-….bak) in its place.`,
    )
  }
  if (from === to) return null
  const backup = from === 0 ? null : backUp(sqlite, from, now)
  inWords(sqlite.path, () => runAll(sqlite, migrations.slice(from), to))
  return { from, to, backup }
}

/** The schema's version, kept in SQLite's own header field: readable before any table exists, and transactional. */
export function versionOf(sqlite: Sqlite): number {
  return inWords(sqlite.path, () => Number(sqlite.raw.prepare('pragma user_version').get()?.['user_version'] ?? 0))
}

function runAll(sqlite: Sqlite, missing: readonly string[], to: number): void {
  sqlite.raw.exec('begin immediate')
  try {
    for (const sql of missing) sqlite.raw.exec(sql)
    sqlite.raw.exec(`pragma user_version = ${to}`)
    sqlite.raw.exec('commit')
  } catch (error) {
    if (sqlite.raw.isTransaction) sqlite.raw.exec('rollback')
    throw error
  }
}

/**
 * Copies the database as it is now. VACUUM INTO does not wait for the disk and may be cut short by a crash, so the
 * copy gets its name only when it is whole (sqlite.org/lang_vacuum.html).
 */
function backUp(sqlite: Sqlite, version: number, now: EpochMs): string {
  const stamp = new Date(now).toISOString().replaceAll(':', '-')
  const name = `${basename(sqlite.path)}.v${version}-${stamp}.bak`
  const backup = join(dirname(sqlite.path), name)
  const unfinished = `${backup}.part`
  rmSync(unfinished, { force: true })
  closeSync(openSync(unfinished, 'wx', 0o600))
  inWords(backup, () => sqlite.raw.prepare('vacuum into ?').run(unfinished))
  sync(unfinished)
  renameSync(unfinished, backup)
  sync(dirname(backup))
  return backup
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
