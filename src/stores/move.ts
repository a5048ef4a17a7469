import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely, sql } from 'kysely'
import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/failure.ts'
import type { Log } from '../core/log.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { copyAll, countAll, tablesOf, type TableForm } from './copy.ts'
import { takeLock } from './lock.ts'
import { lockOf } from './locks.ts'
import { migrations } from './migrations/all.ts'
import { idName, movedFrom } from './postgres/data-folder.ts'
import { migrateIn, migratePostgres } from './postgres/migrate.ts'
import { openPostgres, type Postgres } from './postgres/postgres.ts'
import { databaseName, openSqliteDatabase } from './sqlite/database.ts'
import { migrate } from './sqlite/migrate.ts'
import { openSqlite } from './sqlite/sqlite.ts'
import type { Tables } from './schema.ts'

export interface MoveOptions {
  /** OMC_DATA_DIR, absolute. It stays where it is: only the database moves. */
  readonly folder: string
  /** OMC_DATABASE_URL */
  readonly url: string
  readonly clock: Clock
  readonly log: Log
  /** Tests die there; the product passes nothing. */
  readonly at?: (moment: 'copied' | 'kept') => void
}

/** Where everything is now. */
export interface Moved {
  readonly tables: number
  readonly rows: number
  /** Where the SQLite file lies: put aside, or the new one. */
  readonly file: string
}

/**
 * Moves what a data folder has in its SQLite file into an empty PostgreSQL database. It is there whole or not at all, and
 * the file is put aside only then: safe to call again after a death at any point.
 * @throws {Problem} `refused`, with what to do.
 */
export async function moveToPostgres({ folder, url, clock, log, at = () => {} }: MoveOptions): Promise<Moved> {
  const path = join(folder, databaseName)
  if (!existsSync(path)) throw new Problem('refused', `There is no ${path}, so there is nothing to move.`)
  const lock = await takeLock(folder, clock)
  const postgres = openPostgres(url)
  try {
    const sqlite = await openSqliteDatabase(folder, clock, log)
    const moved = await thenClosed(intoPostgres(sqlite.db, postgres, nameOf(folder), at), () => sqlite.close())
    at('kept')
    const file = `${path}.moved`
    renameSync(path, file)
    return { ...moved, file }
  } finally {
    await postgres.close()
    lock.close()
  }
}

async function intoPostgres(
  sqlite: Kysely<Tables>,
  { db, name }: Postgres,
  folder: string,
  at: NonNullable<MoveOptions['at']>,
): Promise<Omit<Moved, 'file'>> {
  const tables = await tablesOf(sqlite)
  return db.transaction().execute(async (trx) => {
    const version = await migrateIn(trx, name)
    if (version !== 0) {
      // Perhaps this was done before, by one that died before it had put the file aside.
      if (!(await ownersOf(trx)).includes(folder) || !(await areSame(sqlite, trx, tables)))
        throw new Problem('refused', `The database ${name} is not empty. Make another one for it. Nothing was moved.`)
      return { tables: tables.length, rows: sum(await countAll(trx, tables)) }
    }
    const rows = await copyAll(sqlite, trx, tables)
    for (const table of tables) await goesOnBehind(sqlite, trx, table)
    await sql`insert into data_folder values (${folder})`.execute(trx)
    at('copied')
    return { tables: tables.length, rows }
  })
}

/**
 * The way back: a new SQLite file in the data folder, from the PostgreSQL database that belongs to it. From then on no bot
 * starts on that database. Safe to call again after a death at any point.
 * @throws {Problem} `refused`, with what to do.
 */
export async function moveToSqlite({ folder, url, clock, log, at = () => {} }: MoveOptions): Promise<Moved> {
  const path = join(folder, databaseName)
  if (existsSync(path)) throw new Problem('refused', `${path} is there already. Move it away first. Nothing was moved.`)
  const lock = await takeLock(folder, clock)
  const postgres = openPostgres(url)
  try {
    const lead = await postgres.connect(() => {})
    try {
      const { rows } = await lead.query<{ readonly free: boolean }>(
        `select pg_try_advisory_lock(${lockOf(`'lead'`)}) as free`,
      )
      if (rows[0]?.free !== true)
        throw new Problem('refused', `A bot works on ${postgres.name}. End it first, and one that stands by.`)
      const moved = await intoSqlite(postgres, folder, `${path}.new`, clock, at)
      log.info({ from: postgres.name, to: path }, 'store.moved')
      at('kept')
      renameSync(`${path}.new`, path)
      return { ...moved, file: path }
    } finally {
      await lead.end().catch(() => undefined)
    }
  } finally {
    await postgres.close()
    lock.close()
  }
}

async function intoSqlite(
  { db, name }: Postgres,
  folder: string,
  file: string,
  clock: Clock,
  at: NonNullable<MoveOptions['at']>,
): Promise<Omit<Moved, 'file'>> {
  const mine = nameOf(folder)
  await migratePostgres(db, name)
  // Nobody has written there since one that died had come so far.
  const known = [mine, movedFrom(mine)]
  if (!(await ownersOf(db)).some((each) => known.includes(each)))
    throw new Problem('refused', `The database ${name} is not that of ${folder}. Nothing was moved.`)
  const there = db.selectFrom('omc_sessions').select('name').where('worker', 'is not', null)
  const elsewhere = await there.where('ended_at', 'is', null).execute()
  if (elsewhere.length > 0)
    throw new Problem(
      'refused',
      `SQLite has no other machines, and these sessions work on some: ${elsewhere.map((each) => each.name).join(', ')}. ` +
        'End them (/session stop) or give their machine up (/worker drop) first. Nothing was moved.',
    )
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
  const opened = openSqlite(file)
  migrate(opened, migrations, clock.now())
  const sqlite = new Kysely<Tables>({ dialect: opened.dialect })
  const moved = await thenClosed(copied(db, sqlite), () => sqlite.destroy())
  at('copied')
  // From here on no bot starts there, so what was copied stays all there is.
  await sql`update data_folder set id = ${movedFrom(mine)}`.execute(db)
  return moved
}

async function copied(postgres: Kysely<Tables>, sqlite: Kysely<Tables>): Promise<Omit<Moved, 'file'>> {
  const tables = await tablesOf(sqlite)
  const reading = postgres.transaction().setAccessMode('read only')
  const rows = await reading.execute((from) => sqlite.transaction().execute((to) => copyAll(from, to, tables)))
  return { tables: tables.length, rows }
}

async function thenClosed<Value>(work: Promise<Value>, close: () => Promise<void>): Promise<Value> {
  try {
    return await work
  } finally {
    await close()
  }
}

/** The folder's own name for itself; it gets one. */
function nameOf(folder: string): string {
  const path = join(folder, idName)
  const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : null
  if (known !== null) return known
  const fresh = randomUUID()
  writeAtomically(path, `${fresh}\n`)
  return fresh
}

async function ownersOf(db: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly id: string }>`select id from data_folder`.execute(db)
  return rows.map(({ id }) => id)
}

async function areSame(one: Kysely<Tables>, two: Kysely<Tables>, tables: readonly TableForm[]): Promise<boolean> {
  const [here, there] = [await countAll(one, tables), await countAll(two, tables)]
  return tables.every(({ name }) => here.get(name) === there.get(name))
}

/** No number is given out a second time, not even one whose row is gone. */
async function goesOnBehind(sqlite: Kysely<Tables>, postgres: Kysely<Tables>, { name, key }: TableForm): Promise<void> {
  if (key.join() !== 'seq') return
  const { rows } = await sql<{ readonly seq: number }>`select seq from sqlite_sequence where name = ${name}`.execute(
    sqlite,
  )
  const last = rows[0]?.seq ?? 0
  if (last > 0) await sql`select setval(pg_get_serial_sequence(${name}, 'seq'), ${last})`.execute(postgres)
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
