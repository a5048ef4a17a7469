import type { WorkerId } from '../../core/ids.ts'
import type { MachineReport } from '../../core/machine.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { countStart, type Database } from '../database.ts'
import { migrations } from '../migrations/all.ts'
import { mandateOf } from '../machines.ts'
import { PostgresErrands } from './errands.ts'
import { enterMachine, mayEnter } from './machine.ts'
import { ListeningWake } from './wake.ts'
import { isKnownFolder, ownFolder, raiseNumber } from './data-folder.ts'
import { takeLead, type Leadership } from './leadership.ts'
import { migratePostgres } from './migrate.ts'
import { openPostgres, type Postgres } from './postgres.ts'
import { isBusyThere, refusedAtStart } from './words.ts'

const entryTries = 5

/** A database whose lead this process has; nothing of it is opened yet. */
export interface LedDatabase {
  readonly name: string
  readonly lost: AbortSignal
  /** Brings it up to date, for the bot of this data folder, and fills one that is empty. */
  open(folder: string): Promise<Database>
  /** Closes it, and lets whoever stands by take over. Idempotent. */
  release(): Promise<void>
}

/** A machine that enters the database, in the place of the bot. */
export interface Entering {
  readonly id: WorkerId
  /** Asked for when the data folder is there. */
  readonly report: () => MachineReport
}

export interface LeadOptions {
  readonly url: string
  /** The data folder it is started with. */
  readonly folder: string
  readonly idleMs: number
  readonly clock: Clock
  readonly log: Log
  /** Null: it is the bot. */
  readonly as: Entering | null
}

/** Waits until no other process writes as the same, however long one does. */
export async function leadPostgres({ url, folder: its, idleMs, clock, log, as }: LeadOptions): Promise<LedDatabase> {
  const postgres = openPostgres(url)
  const mandate = as === null ? 'lead' : mandateOf(as.id)
  try {
    if (as === null) await isKnownFolder(postgres.db, its, postgres.name)
    else
      await mayEnter(postgres.db, {
        id: as.id,
        folder: its,
        name: postgres.name,
        now: () => clock.now(),
      })
    const leadership = await takeLead({ postgres, clock, log, idleMs, mandate })
    return {
      // Whoever holds a folder under this name has lost the mandate: a machine never takes a bot for that.
      name: as === null ? postgres.name : `${postgres.name}, as the machine ${as.id}`,
      lost: leadership.lost,
      open: async (folder) => {
        const enters = (): Promise<number> =>
          as === null
            ? takeNumber(postgres, folder, log)
            : enterMachine(postgres.db, { id: as.id, report: as.report(), folder, name: postgres.name })
        const number = await patiently(enters).catch((error: unknown) => {
          throw refusedAtStart(error)
        })
        return openAs({ postgres, leadership, clock, log }, { key: mandate, number })
      },
      async release() {
        await postgres.close()
        await leadership.release()
      },
    }
  } catch (error) {
    await postgres.close()
    throw refusedAtStart(error)
  }
}

/** A leader before that was stopped in the middle of a change holds it until the server ends that: about as long as one try waits. */
async function patiently<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isBusyThere(error) || tries === entryTries) throw error
    }
  }
}

/** Brings the database up to date for the bot of this folder, and gives the number with which it writes from now on. */
async function takeNumber({ db, name }: Postgres, folder: string, log: Log): Promise<number> {
  const from = await migratePostgres(db, name)
  if (from !== migrations.length) log.info({ from, to: migrations.length, backup: null }, 'store.migrated')
  await ownFolder(db, folder, name)
  return raiseNumber(db, folder, 'lead')
}

async function openAs(
  { postgres, leadership, clock, log }: { postgres: Postgres; leadership: Leadership; clock: Clock; log: Log },
  mandate: { readonly key: string; readonly number: number },
): Promise<Database> {
  const { db } = postgres
  postgres.writeAs(mandate)
  leadership.leads(mandate.number)
  try {
    const wake = await ListeningWake.open(postgres, log)
    return {
      db,
      wake,
      errands: (commits) => new PostgresErrands({ db, commits, wake, clock, log }),
      starts: mandate.key === 'lead' ? await countStart(db) : mandate.number,
      async close() {
        await wake.close()
        await postgres.close()
      },
    }
  } catch (error) {
    throw refusedAtStart(error)
  }
}
