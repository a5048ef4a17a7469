import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Kysely } from 'kysely'
import type { Attachments } from '../core/attachment.ts'
import type { Clock } from '../core/clock.ts'
import type { StoreTrouble } from '../core/health.ts'
import type { Arrivals } from '../core/inbox.ts'
import { Problem } from '../core/failure.ts'
import type { Journal, Wake } from '../core/journal.ts'
import type { Log } from '../core/log.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import { background } from '../system/background.ts'
import { isForAPerson } from '../system/world-error.ts'
import { FolderAttachments } from './attachments.ts'
import { Commits } from './commits.ts'
import { DatabaseArrivals } from './inbox.ts'
import { DatabaseJournal } from './journal.ts'
import { takeLock, type Lock } from './lock.ts'
import { migrate } from './migrate.ts'
import { migrations } from './migrations/all.ts'
import type { Tables } from './schema.ts'
import { openSqlite, refusedAtStart } from './sqlite.ts'
import { TranscriptFiles } from './transcripts.ts'
import { DatabaseVault } from './vault.ts'
import { LocalWake } from './wake.ts'
import { markOpen, refuseTorn, unmarkOpen } from './whole.ts'

/** An open data folder. Whoever opened it closes it. */
export interface Store extends AsyncDisposable {
  readonly journal: Journal
  readonly wake: Wake
  readonly vault: Vault
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly arrivals: Arrivals
  /** Why nothing could be written the last time; null when it could. */
  storeTrouble(): StoreTrouble | null
  readonly schemaVersion: number
  /** How often this folder was opened, this time counted. */
  readonly starts: number
  /** Lets what is being written finish, closes the file and gives the folder back. Idempotent. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** OMC_DATA_DIR, absolute. Made (for its owner alone) when it is not there. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
}

/** How often it is noted beside the database how far it has come. */
const markEveryMs = 5_000

export const databaseName = 'orchestrator.sqlite'

/**
 * Opens the data folder for this process alone and brings its database up to date.
 * Rejects with a `refused` problem when another process has it, when a newer program made it, when its database was
 * lost or torn from its write-ahead log or when its rights are wrong, and with a `wire` problem when its disk cannot be
 * used now; then nothing stays open.
 */
export async function openStore({ folder, clock, log }: StoreOptions): Promise<Store> {
  try {
    makeFolder(folder)
    const lock = await takeLock(folder, clock)
    try {
      return await openLocked(folder, lock, clock, log)
    } catch (error) {
      lock.close()
      throw error
    }
  } catch (error) {
    throw refusedAtStart(error)
  }
}

async function openLocked(folder: string, lock: Lock, clock: Clock, log: Log): Promise<Store> {
  const path = join(folder, databaseName)
  refuseTorn(path, folder)
  makePrivate(path)
  // There from the beginning: it is closed to agents, and a process of theirs is told so when it starts.
  makeFolder(join(folder, 'transcripts'))
  const sqlite = openSqlite(path)
  try {
    const migrated = migrate(sqlite, migrations, clock.now())
    if (migrated !== null) log.info(migrated, 'store.migrated')
    const db = new Kysely<Tables>({ dialect: sqlite.dialect })
    const starts = await countStart(db)
    const marking = await keepMark(db, path, starts, clock, log)
    sqlite.neverBlock()
    log.info({ schema: migrations.length, starts }, 'store.opened')
    return storeOf(db, folder, lock, starts, new Commits(db, () => clock.now()), marking)
  } catch (error) {
    sqlite.raw.close()
    throw error
  }
}

function storeOf(
  db: Kysely<Tables>,
  folder: string,
  lock: Lock,
  starts: number,
  commits: Commits,
  marking: Disposable,
): Store {
  const wake = new LocalWake()
  let closing: Promise<void> | null = null
  const close = (): Promise<void> => {
    marking[Symbol.dispose]()
    return (closing ??= closeAll(db, commits, lock, join(folder, databaseName)))
  }
  return {
    journal: new DatabaseJournal(db, commits, wake),
    wake,
    vault: new DatabaseVault(db, commits),
    arrivals: new DatabaseArrivals(db, commits),
    attachments: new FolderAttachments(join(folder, 'attachments')),
    transcripts: new TranscriptFiles(folder),
    storeTrouble: () => commits.trouble,
    schemaVersion: migrations.length,
    starts,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function closeAll(db: Kysely<Tables>, commits: Commits, lock: Lock, path: string): Promise<void> {
  try {
    await commits.close()
    unmarkOpen(path)
    // Having the connection for a moment means that nobody reads any more either.
    await db.connection().execute(async () => {})
    await db.destroy()
  } finally {
    lock.close()
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

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const text = `The data folder ${folder} could not be made; make it yourself or set OMC_DATA_DIR.`
    throw new Problem(isForAPerson(error) ? 'refused' : 'wire', text, { cause: error })
  }
}

/** Prompts and answers are nobody else's business. SQLite gives the files beside the database the same mode. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
  } catch (error) {
    const text = `${path} cannot be written; check the rights of the data folder and its disk.`
    throw new Problem(isForAPerson(error) ? 'refused' : 'wire', text, { cause: error })
  }
}

async function countStart(db: Kysely<Tables>): Promise<number> {
  const counted = await db
    .insertInto('meta')
    .values({ key: 'starts', value: 1 })
    .onConflict((known) => known.column('key').doUpdateSet((old) => ({ value: old('meta.value', '+', 1) })))
    .returning('value')
    .executeTakeFirstOrThrow()
  return counted.value
}
