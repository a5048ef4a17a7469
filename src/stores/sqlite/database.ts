import { join } from 'node:path'
import { Kysely } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { background } from '../../system/background.ts'
import { countStart, type Database } from '../database.ts'
import { migrations } from '../migrations/all.ts'
import { makePrivate } from '../private-file.ts'
import type { Tables } from '../schema.ts'
import { LocalWake } from '../wake.ts'
import { migrate } from './migrate.ts'
import { openSqlite } from './sqlite.ts'
import { markOpen, refuseTorn, unmarkOpen } from './whole.ts'

/** How often it is noted beside the database how far it has come. */
const markEveryMs = 5_000

export const databaseName = 'orchestrator.sqlite'

/** Opens the file in a data folder that this process holds, made when there is none. */
export async function openSqliteDatabase(folder: string, clock: Clock, log: Log): Promise<Database> {
  const path = join(folder, databaseName)
  refuseTorn(path, folder)
  makePrivate(path)
  const sqlite = openSqlite(path)
  try {
    const migrated = migrate(sqlite, migrations, clock.now())
    if (migrated !== null) log.info(migrated, 'store.migrated')
    const db = new Kysely<Tables>({ dialect: sqlite.dialect })
    const starts = await countStart(db)
    const marking = await keepMark(db, path, starts, clock, log)
    sqlite.neverBlock()
    return {
      db,
      wake: new LocalWake(),
      starts,
      errands: null,
      async close() {
        marking[Symbol.dispose]()
        unmarkOpen(path)
        // Having the connection for a moment means that nobody reads any more either.
        await db.connection().execute(async () => {})
        await db.destroy()
      },
    }
  } catch (error) {
    sqlite.raw.close()
    throw error
  }
}

/** Notes beside the database how far it has come, as long as it is open. */
async function keepMark(db: Kysely<Tables>, path: string, starts: number, clock: Clock, log: Log): Promise<Disposable> {
  let noted = -1
  let timer: Disposable | null = null
  let isOver = false
  const note = async (): Promise<void> => {
    if (isOver) return
    const last = await db
      .selectFrom('run_events')
      .select((run) => run.fn.max('seq').as('seq'))
      .executeTakeFirst()
    const entries = last?.seq ?? 0
    if (!isOver && entries !== noted) markOpen(path, { starts, entries })
    noted = entries
  }
  // It was closed in the middle of the question.
  const unlessOver = (error: unknown): void => {
    if (!isOver) throw error
  }
  const again = (): void => {
    if (isOver) return
    timer = clock.after(markEveryMs, () => {
      background(note().catch(unlessOver).finally(again), log, 'the mark beside the database')
    })
  }
  await note()
  again()
  return {
    [Symbol.dispose]: () => {
      isOver = true
      timer?.[Symbol.dispose]()
    },
  }
}
