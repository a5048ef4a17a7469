import { readFileSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pause, type Clock } from '../core/clock.ts'
import { Problem } from '../core/failure.ts'
import { writeAtomically } from '../system/atomic-file.ts'
import { startTimeOf } from '../system/process.ts'
import { isForAPerson } from '../system/world-error.ts'
import { inWords, sqliteCode } from './sqlite.ts'

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
}

const sqliteBusy = 5

/** How long a holder that has not said its name yet is waited for, in tries of 50 ms: a busy machine needs seconds. */
const tries = 100

/**
 * Holds the folder for this process. The lock itself is an exclusive transaction on a small database: the kernel
 * drops it with the process, also at kill -9, no child inherits it (fcntl locks belong to one process), and two
 * starters cannot both get it. The file beside it only says who it is.
 * Rejects with a `refused` problem that names the pid of the other one.
 */
export async function takeLock(folder: string, clock: Clock): Promise<Lock> {
  const name = join(folder, 'lock.json')
  const path = join(folder, 'lock.sqlite')
  for (let attempt = 1; ; attempt++) {
    const held = hold(path)
    if (held !== null) {
      try {
        await sayWho(name)
      } catch (error) {
        held.close()
        throw error
      }
      return { close: () => letGo(held, name) }
    }
    const holder = readHolder(name)
    const alive = holder !== null && (holder.host !== hostname() || (await startTimeOf(holder.pid)) === holder.born)
    if (alive || attempt >= tries) throw taken(folder, alive ? holder : null)
    // The name is that of an earlier holder: the present one is about to write its own, or is just ending.
    await pause(clock, 50)
  }
}

function hold(path: string): DatabaseSync | null {
  return inWords(path, () => {
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

async function sayWho(name: string): Promise<void> {
  const holder: Holder = { pid: process.pid, born: (await startTimeOf(process.pid)) ?? '', host: hostname() }
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
    const { pid, born, host } = said as Partial<Holder>
    return typeof pid === 'number' && typeof born === 'string' && typeof host === 'string' ? { pid, born, host } : null
  } catch {
    return null
  }
}

function taken(folder: string, holder: Holder | null): Problem {
  const elsewhere = holder !== null && holder.host !== hostname() ? ` on ${holder.host}` : ''
  const who = holder === null ? 'another one runs' : `another one runs with pid ${holder.pid}${elsewhere}`
  return new Problem('refused', `${who} on this folder (${folder}); stop it or choose another OMC_DATA_DIR.`)
}
