import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql, type Kysely, type Transaction } from 'kysely'
import { Problem } from '../core/failure.ts'
import type { Tables } from './schema.ts'

/** Something to write. It may be called again when a commit failed, so it must do nothing but read and write rows. */
type Work<Value> = (trx: Transaction<Tables>) => Promise<Value>

interface Job {
  /** Does the work and gives what settles its caller; the caller must not hear before the commit. */
  readonly run: (trx: Transaction<Tables>) => Promise<() => void>
  readonly reject: (error: unknown) => void
}

/** So many callers share a commit at most: the first must not wait long for the last. */
const jobsAtOnce = 256

/**
 * Everything that is written goes through here, in the order in which it came. What comes within one turn of the event
 * loop shares a transaction, because a commit waits for the disk and blocks the process while it does: a hundred runs
 * that stream cost few commits more than ten. Each caller still has its own all or nothing.
 */
export class Commits {
  readonly #db: Kysely<Tables>
  #waiting: Job[] = []
  #round: Promise<void> | null = null
  #closed = false

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  /** Resolves when the work is on the disk. Rejects with what the work threw, or why nothing could be written. */
  write<Value>(work: Work<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Problem('bug', 'The store is closed: nothing can be written any more.')
      const run: Job['run'] = async (trx) => {
        const value = await work(trx)
        return () => resolve(value)
      }
      this.#waiting.push({ run, reject })
      this.#round ??= this.#rounds()
    })
  }

  /** Takes nothing more and resolves when everything that came before is settled. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#round
  }

  async #rounds(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn()
      const jobs = this.#waiting.splice(0, jobsAtOnce)
      try {
        await this.#commit(jobs)
      } catch (error) {
        // Nothing of it was written. One that is too much for the disk must not take the others along: each alone.
        if (jobs.length === 1) jobs[0]?.reject(error)
        else for (const job of jobs) await this.#commit([job]).catch(job.reject)
      }
    }
    this.#round = null
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    const settle = await this.#db.transaction().execute(async (trx) => {
      const settles: (() => void)[] = []
      for (const job of jobs) settles.push(jobs.length === 1 ? await job.run(trx) : await apart(trx, job))
      return settles
    })
    for (const each of settle) each()
  }
}

/** Does one job of several so that its failure takes back nothing but itself. */
async function apart(trx: Transaction<Tables>, job: Job): Promise<() => void> {
  await sql`savepoint job`.execute(trx)
  try {
    const settle = await job.run(trx)
    await sql`release job`.execute(trx)
    return settle
  } catch (error) {
    // The world failed (a full disk): SQLite may have taken everything back by itself.
    if (error instanceof Problem && error.kind === 'wire') throw error
    await sql`rollback to job`.execute(trx)
    await sql`release job`.execute(trx)
    return () => job.reject(error)
  }
}
