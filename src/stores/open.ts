import { join } from 'node:path'
import type { Attachments } from '../core/attachment.ts'
import type { Clock } from '../core/clock.ts'
import { noErrands, type Errands } from '../core/errand.ts'
import type { StoreTrouble } from '../core/health.ts'
import type { Arrivals } from '../core/inbox.ts'
import { Problem } from '../core/failure.ts'
import type { Journal, Wake } from '../core/journal.ts'
import { noMeter, type Meter } from '../core/meter.ts'
import type { Log } from '../core/log.ts'
import type { Shares } from '../core/admission.ts'
import type { Prices } from '../core/price.ts'
import { usualTimings, type Timings } from '../core/timings.ts'
import type { Transcripts } from '../core/transcript.ts'
import type { Vault } from '../core/vault.ts'
import { makeFolder } from '../system/make-folder.ts'
import { isForAPerson } from '../system/world-error.ts'
import { FolderAttachments } from './attachments.ts'
import type { BoardRules } from './board.ts'
import { Commits } from './commits.ts'
import type { Database } from './database.ts'
import { DatabaseIdentities } from './identities.ts'
import { DatabaseArrivals } from './inbox.ts'
import { DatabaseJournal } from './journal.ts'
import { takeLock, type Lock } from './lock.ts'
import { migrations } from './migrations/all.ts'
import type { Entering, LedDatabase } from './postgres/database.ts'
import { prune, type Keep, type Pruned } from './prune.ts'
import { Seal } from './seal.ts'
import { openSqliteDatabase } from './sqlite/database.ts'
import { refusedAtStart } from './sqlite/sqlite.ts'
import { TranscriptFiles } from './transcripts.ts'
import { vaultIn } from './vault.ts'

const never = new AbortController().signal

/** An open data folder. Whoever opened it closes it. */
export interface Store extends AsyncDisposable {
  readonly journal: Journal
  readonly wake: Wake
  readonly vault: Vault
  readonly attachments: Attachments
  readonly transcripts: Transcripts
  readonly arrivals: Arrivals
  readonly errands: Errands
  /** Why nothing could be written the last time; null when it could. */
  storeTrouble(): StoreTrouble | null
  /** Takes away what is older than it is to be kept, and referred to by nothing. Safe to call at any time. */
  prune(keep: Keep): Promise<Pruned>
  readonly schemaVersion: number
  /** How often this folder was opened, this time counted. */
  readonly starts: number
  /** Fires when another bot has taken over: this one must go, and leave the agents to it. */
  readonly deposed: AbortSignal
  /** Lets what is being written finish, closes the file and gives the folder back. Idempotent. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** OMC_DATA_DIR, absolute. Made (for its owner alone) when it is not there. */
  readonly folder: string
  /** OMC_DATABASE_URL; left out or null: the database is a file in the folder. */
  readonly url?: string | null
  /** The machine that opens it, on PostgreSQL alone; left out: the bot does. */
  readonly as?: Entering | null
  /** False: the bot's own machine has no agents. */
  readonly agentsHere?: boolean
  /** `usualTimings` when left out. */
  readonly timings?: Pick<Timings, 'leadIdleMs'>
  readonly clock: Clock
  readonly log: Log
  /** By which budgets in dollars count what its CLI says no price of; left out: nothing is known. */
  readonly prices?: Prices
  /** Who gets more turns than one; left out: nobody does. */
  readonly shares?: Shares
  /** Which part of each window of a quota is kept for each person, 0 to 1; left out: nothing. */
  readonly reserve?: number
  /** Told of every commit; left out: nobody is. */
  readonly meter?: Meter
}

/**
 * Opens the data folder for this process alone and brings its database up to date. On PostgreSQL it waits for as long as
 * another bot leads.
 * Rejects with a `refused` problem when another process has it, when a newer program made it, when its database was
 * lost or torn from its write-ahead log or when its rights are wrong, and with a `wire` problem when its disk cannot be
 * used now; then nothing stays open.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { folder, clock } = options
  let led: LedDatabase | null = null
  let lock: Lock | null = null
  try {
    makeKept(folder)
    led = await leadOf(options)
    lock = await takeLock(folder, clock, led?.name ?? null)
    return await openLocked(options, lock, led)
  } catch (error) {
    lock?.close()
    await led?.release()
    throw refusedAtStart(error)
  }
}

/** PostgreSQL's own parts are loaded where they are wanted: nobody else pays for them. */
async function leadOf({
  folder,
  url,
  timings = usualTimings,
  clock,
  log,
  as = null,
}: StoreOptions): Promise<LedDatabase | null> {
  if (url === undefined || url === null) return null
  const { leadPostgres } = await import('./postgres/database.ts')
  return leadPostgres({ url, folder, idleMs: timings.leadIdleMs, clock, log, as })
}

async function openLocked(
  {
    folder,
    clock,
    log,
    prices = {},
    shares = {},
    reserve = 0,
    meter = noMeter,
    as = null,
    agentsHere = true,
  }: StoreOptions,
  lock: Lock,
  led: LedDatabase | null,
): Promise<Store> {
  // There from the beginning: it is closed to agents, and a process of theirs is told so when it starts.
  const database = await (led === null ? openSqliteDatabase(folder, clock, log) : led.open(folder))
  makeKept(join(folder, 'transcripts'))
  try {
    const { db, wake, starts } = database
    log.info({ schema: migrations.length, starts }, 'store.opened')
    const rules: BoardRules = { prices, shares, reserve, agentsHere }
    const commits = new Commits(db, () => clock.now(), meter)
    const seal = Seal.in(folder)
    const identities = await DatabaseIdentities.open(db, commits, seal, as === null ? log : null)
    let closing: Promise<void> | null = null
    const close = (): Promise<void> => (closing ??= closeAll(commits, database, lock, led))
    return {
      journal: new DatabaseJournal(db, commits, wake, rules),
      wake,
      vault: vaultIn(db, commits, identities, rules),
      errands: database.errands?.(commits) ?? noErrands,
      arrivals: new DatabaseArrivals(db, commits, seal, log),
      attachments: new FolderAttachments(join(folder, 'attachments')),
      transcripts: new TranscriptFiles(folder),
      storeTrouble: () => commits.trouble,
      prune: (keep) => prune({ db, commits, folder, now: clock.now() }, keep),
      schemaVersion: migrations.length,
      starts,
      deposed: led?.lost ?? never,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

async function closeAll(commits: Commits, database: Database, lock: Lock, led: LedDatabase | null): Promise<void> {
  try {
    await commits.close()
    await database.close()
  } finally {
    lock.close()
    // Last: whoever stands by takes the folder at once.
    await led?.release()
  }
}

function makeKept(folder: string): void {
  try {
    makeFolder(folder)
  } catch (error) {
    const text = `The data folder ${folder} could not be made; make it yourself or set OMC_DATA_DIR.`
    throw new Problem(isForAPerson(error) ? 'refused' : 'wire', text, { cause: error })
  }
}
