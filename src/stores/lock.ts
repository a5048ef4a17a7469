import { readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pause, type Clock } from '../core/clock.ts'
import { Problem } from '../core/failure.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { signal, startTimeOf } from '../system/process.ts'
import { isForAPerson } from '../system/world-error.ts'
import { makePrivate } from './private-file.ts'
import { inWords, sqliteCode } from './sqlite/sqlite.ts'

/** A data folder held for this process alone. */
export interface Lock {
  /** Lets go of it. Idempotent. */
  close(): void
}

/** Who holds the folder, for the words of a refusal. */
interface Holder {
  readonly pid: number
  /** When that process started, as the system tells it: a pid alone is used again by other processes. */
  readonly born: string
  readonly host: string
  /** The PostgreSQL database that it works with, by its name; null: a file in the folder. */
  readonly database: string | null
}

const sqliteBusy = 5

/** The file by which a data folder is held, whatever database the bot works with. */
export const lockName = 'lock.sqlite'

/** How long a holder that has not said its name yet is waited for, in tries of 50 ms: a busy machine needs seconds. */
const tries = 100

/** One that has lost the lead and is awake goes by itself before that. */
const leavesWithin = 20

/**
 * Holds the folder for this process. The lock itself is an exclusive transaction on a small database: the kernel
 * drops it with the process, also at kill -9, no child inherits it (fcntl locks belong to one process), and two
 * starters cannot both get it. The file beside it only says who it is.
 * Rejects with a `refused` problem that names the pid of the other one.
 *
 * `led`: the database whose lead the caller has. Whoever holds the folder for that one has lost it, so it is stopped or about
 * to end; after a moment it is ended, and its agents work on.
 */
export async function takeLock(folder: string, clock: Clock, led: string | null = null): Promise<Lock> {
  const name = join(folder, 'lock.json')
  const path = join(folder, lockName)
  for (let attempt = 1; ; attempt++) {
    const held = hold(path)
    if (held !== null) {
      try {
        await sayWho(name, led)
      } catch (error) {
        held.close()
        throw error
      }
      return { close: () => letGo(held, name) }
    }
    const holder = readHolder(name)
    const alive = holder !== null && (holder.host !== hostname() || (await startTimeOf(holder.pid)) === holder.born)
    const isDeposed = alive && led !== null && holder.database === led && holder.host === hostname()
    if (isDeposed && attempt === leavesWithin) signal(holder.pid, 'SIGKILL')
    if ((alive && !isDeposed) || attempt >= tries) throw taken(folder, alive ? holder : null)
    // The name is that of an earlier holder: the present one is about to write its own, or is just ending.
    await pause(clock, 50)
  }
}

function hold(path: string): DatabaseSync | null {
  return inWords(path, () => {
    makePrivate(path)
    const database = new DatabaseSync(path, { timeout: 0 })
    try {
      database.exec('begin exclusive')
      return database
    } catch (error) {
      database.close()
      if (sqliteCode(error) === sqliteBusy) return null
      throw error
    }
  })
}

function letGo(held: DatabaseSync, name: string): void {
  if (!held.isOpen) return
  // In this order: after the lock is gone, the name may be the next holder's.
  rmSync(name, { force: true })
  held.close()
}

async function sayWho(name: string, database: string | null): Promise<void> {
  const born = (await startTimeOf(process.pid)) ?? ''
  const holder: Holder = { pid: process.pid, born, host: hostname(), database }
  try {
    writeAtomically(name, JSON.stringify(holder))
  } catch (error) {
    const text = `${name} could not be written; check the rights and the free space of the folder.`
    throw new Problem(isForAPerson(error) ? 'refused' : 'wire', text, { cause: error })
  }
}

function readHolder(name: string): Holder | null {
  try {
    const said: unknown = JSON.parse(readFileSync(name, 'utf8'))
    if (typeof said !== 'object' || said === null) return null
    const { pid, born, host, database = null } = said as Partial<Holder>
    if (typeof pid !== 'number' || typeof born !== 'string' || typeof host !== 'string') return null
    return { pid, born, host, database }
  } catch {
    return null
  }
}

function taken(folder: string, holder: Holder | null): Problem {
  const elsewhere = holder !== null && holder.host !== hostname() ? ` on ${holder.host}` : ''
  const who = holder === null ? 'another one runs' : `another one runs with pid ${holder.pid}${elsewhere}`
  return new Problem('refused', `${who} on this folder (${folder}); stop it or choose another OMC_DATA_DIR.`)
}
