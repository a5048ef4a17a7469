import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { sql, type Kysely, type Transaction } from 'kysely'
import type { EpochMs } from '../core/clock.ts'
import { Problem } from '../core/failure.ts'
import type { StoreTrouble } from '../core/health.ts'
import { isBusyThere } from './postgres/words.ts'
import { noMeter, type Meter } from '../core/meter.ts'
import type { Tables } from './schema.ts'
import { isBusy } from './sqlite/sqlite.ts'

/** Something to write. It may be called again when a commit failed, so it must do nothing but read and write rows. */
type Work<Value> = (trx: Transaction<Tables>) => Promise<Value>

interface Job {
  /** Does the work and gives what settles its caller; the caller must not hear before the commit. */
  readonly run: (trx: Transaction<Tables>) => Promise<() => void>
  readonly reject: (error: unknown) => void
}

/** So many callers share a commit at most: the first must not wait long for the last. */
const jobsAtOnce = 256

/** What may be written with something else waits so long for it, in milliseconds. */
const patienceMs = 50

/** A lock of another program is waited out for a second; then whoever writes hears of it, and tries again later. */
const lockedTries = 40
const lockedAgainAfterMs = 25

/**
 * Everything that is written goes through here, in the order in which it came. What comes within one turn of the event
 * loop shares a transaction, because a commit waits for the disk and blocks the process while it does: a hundred runs
 * that stream cost few commits more than ten. Each caller still has its own all or nothing.
 */
export class Commits {
  readonly #db: Kysely<Tables>
  readonly #now: () => EpochMs
  readonly #meter: Meter
  #waiting: Job[] = []
  /** Something of what waits is not patient. */
  #isUrgent = false
  #patience: NodeJS.Timeout | null = null
  #round: Promise<void> | null = null
  #closed = false
  #trouble: StoreTrouble | null = null

  constructor(db: Kysely<Tables>, now: () => EpochMs = Date.now, meter: Meter = noMeter) {
    this.#db = db
    this.#meter = meter
    this.#now = now
  }

  /** Resolves when the work is on the disk. Rejects with what the work threw, or why nothing could be written. */
  write<Value>(work: Work<Value>): Promise<Value> {
    return this.#add(work, true)
  }

  /**
   * The same for what does no harm when it is done again after a death (docs/ARCHITECTURE.md lists it): it goes to the disk
   * with the next write that does not wait, before it, or by itself in a moment. So nothing that was written later can be
   * there without it.
   */
  writeWithNext<Value>(work: Work<Value>): Promise<Value> {
    return this.#add(work, false)
  }

  #add<Value>(work: Work<Value>, isUrgent: boolean): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Problem('bug', 'The store is closed: nothing can be written any more.')
      const run: Job['run'] = async (trx) => {
        const value = await work(trx)
        return () => resolve(value)
      }
      this.#waiting.push({ run, reject })
      if (isUrgent) this.#begin()
      else this.#patience ??= setTimeout(() => this.#begin(), patienceMs)
    })
  }

  #begin(): void {
    if (this.#patience !== null) clearTimeout(this.#patience)
    this.#patience = null
    this.#isUrgent = true
    this.#round ??= this.#rounds()
  }

  /** Why nothing could be written the last time; null when it could. */
  get trouble(): StoreTrouble | null {
    return this.#trouble
  }

  /** Takes nothing more and resolves when everything that came before is settled. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#waiting.length > 0) this.#begin()
    await this.#round
  }

  async #rounds(): Promise<void> {
    while (this.#isUrgent) {
      await nextTurn()
      const jobs = this.#waiting.splice(0, jobsAtOnce)
      this.#isUrgent = this.#waiting.length > 0
      if (jobs.length === 0) continue
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
    let settle: readonly (() => void)[]
    const from = performance.now()
    try {
      settle = await this.#unlocked(jobs)
      this.#meter.lasted('store_commit_seconds', performance.now() - from)
    } catch (error) {
      this.#meter.count('store_failures_total', {})
      if (error instanceof Problem && error.kind === 'wire') {
        this.#trouble = { since: this.#trouble?.since ?? this.#now(), message: error.message }
      }
      throw error
    }
    this.#trouble = null
    for (const each of settle) each()
  }

  /**
   * Another program may have the database locked: that is waited out for a moment, beside the reads that go on, and never
   * inside SQLite, which would block the whole process.
   */
  async #unlocked(jobs: readonly Job[]): Promise<readonly (() => void)[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#db.transaction().execute(async (trx) => {
          const settles: (() => void)[] = []
          for (const job of jobs) settles.push(jobs.length === 1 ? await job.run(trx) : await apart(trx, job))
          return settles
        })
      } catch (error) {
        if (!(isBusy(error) || isBusyThere(error)) || tries >= lockedTries || this.#closed) throw error
        await pause(lockedAgainAfterMs)
      }
    }
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
