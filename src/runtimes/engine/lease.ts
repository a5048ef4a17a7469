import { setTimeout as delay } from 'node:timers/promises'
import type { SessionId } from '../../core/ids.ts'
import { ticksOf } from '../../system/process.ts'
import { endMarked, findMarked } from './marker.ts'
import type { LeaseRecord, LeaseRecords } from './lease-records.ts'
import type { PooledProcess } from './pooled-process.ts'
import type { CliRequest, Spent } from './protocol.ts'

/** How often, and how far apart in ms, it is looked whether a stopped turn has left something. */
const [looks, lookAgainMs] = [5, 40]

/** A session's share of a process while this life of the bot holds it. */
export class Lease {
  readonly session: SessionId
  readonly process: PooledProcess
  readonly #records: LeaseRecords
  #record: LeaseRecord
  /** The byte of stdout up to which lines were taken in. */
  position = 0
  /** Whether a turn is being led. */
  busy = false
  /** Whether the turn was asked to stop already. */
  isStopping = false
  #ending: Promise<void> | null = null

  constructor(process: PooledProcess, record: LeaseRecord, records: LeaseRecords) {
    this.session = record.session
    this.process = process
    this.#record = record
    this.#records = records
  }

  get record(): LeaseRecord {
    return this.#record
  }

  /** Keeps something for the next life. */
  keep(change: Partial<LeaseRecord>): void {
    this.#record = { ...this.#record, ...change }
    this.#records.write(this.#record)
  }

  /** Keeps that the turn is over and the process is ready for another. */
  rest(spent: Spent | null): void {
    this.keep({ resting: true, spent })
  }

  get spool(): PooledProcess['spool'] {
    return this.process.spool
  }

  get ending(): Promise<void> | null {
    return this.#ending ?? this.process.ending
  }

  get isUsable(): boolean {
    return this.#ending === null && this.process.isUsable
  }

  /**
   * Ends the turn at once. Where others share the process they are spared when it still listens to `stop`; one that was
   * told to stop and did not has to go as a whole.
   */
  end(stop: CliRequest | null): Promise<void> {
    this.#ending ??= this.#end(stop)
    return this.#ending
  }

  async #end(stop: CliRequest | null): Promise<void> {
    const { process } = this
    if (process.isUsable && !this.isStopping && stop?.reply != null && (await process.hears(stop))) return
    await process.end('hard')
  }

  /**
   * After a turn that was stopped, and before anybody is told so: ends whatever the session has started. What a process
   * that is the session's alone has started is ended with it, and the conversation is resumed; with nothing left of it,
   * the process stays for the next prompt.
   */
  async tidy(): Promise<void> {
    const { process } = this
    if (process.name !== this.session)
      return void (await endMarked(process.data, ({ session }) => session === this.session, 0))
    // A tool that was interrupted may need a moment to end.
    for (let look = 0; look < looks; look++) {
      if (!(await process.hasStarted())) return
      await delay(lookAgainMs)
    }
    await process.end('asked')
  }

  /** CPU time of the process and everything it started for the session; null where nobody can tell. */
  async ticks(): Promise<number | null> {
    const own = ticksOf(this.spool.pid)
    if (own === null) return null
    const marked = await findMarked(this.process.data)
    const pids = marked.filter(({ session, pid }) => session === this.session && pid !== this.spool.pid)
    return pids.reduce((sum, { pid }) => sum + (ticksOf(pid) ?? 0), own)
  }
}
