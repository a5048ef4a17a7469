import { messageOf } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import type { RuntimeEngineOptions } from './options.ts'
import type { LeaseRecord, LeaseRecords } from './lease-records.ts'
import { Lease } from './lease.ts'
import type { Pool } from './pool.ts'
import type { PooledProcess } from './pooled-process.ts'
import type { Spent } from './protocol.ts'

/** The leases that this life holds: at most one a session. One that rests too long is given back. */
export class Leases {
  readonly #options: Pick<RuntimeEngineOptions, 'clock' | 'limits' | 'log'>
  readonly #records: LeaseRecords
  readonly #giveBack: (session: SessionId) => Promise<void>
  readonly #held = new Map<SessionId, Lease>()
  /** Since when each session rests, with the timer that gives it back. */
  readonly #idle = new Map<SessionId, Disposable>()

  constructor(
    options: Pick<RuntimeEngineOptions, 'clock' | 'limits' | 'log'>,
    records: LeaseRecords,
    giveBack: (session: SessionId) => Promise<void>,
  ) {
    this.#options = options
    this.#records = records
    this.#giveBack = giveBack
  }

  all(): readonly Lease[] {
    return [...this.#held.values()]
  }

  get(session: SessionId): Lease | undefined {
    return this.#held.get(session)
  }

  isBusy(process: PooledProcess): boolean {
    return this.#at(process).some(({ busy }) => busy)
  }

  /** Makes a lease, in the place of the one that the session had. */
  make(process: PooledProcess, record: LeaseRecord): Lease {
    const lease = new Lease(process, record, this.#records)
    this.#held.set(record.session, lease)
    return lease
  }

  /** The lease by which a session has a process from now on: as it was kept, when that is the one it had. */
  take(process: PooledProcess, session: SessionId): Lease {
    const record = this.#records.read(session)
    return this.make(process, record?.process === process.name ? record : fresh(session, process))
  }

  /** A turn begins. */
  busy(lease: Lease): void {
    this.wake(lease.session)
    lease.busy = true
    lease.isStopping = false
  }

  /** It is about to be used: it is not given back any more. */
  wake(session: SessionId): void {
    this.#idle.get(session)?.[Symbol.dispose]()
    this.#idle.delete(session)
  }

  /** A turn is over, or was never handed over. `spent`: null when nothing is known that was not known before. */
  rest(lease: Lease, spent: Spent | null, pool: Pool): void {
    const { clock, limits } = this.#options
    const { session, process } = lease
    lease.busy = false
    const isFull = process.spool.bulk > limits.retireBytes && !this.isBusy(process)
    if (!process.isUsable) {
      this.letGo(session)
      // A short output is kept, for a turn that it may have ended.
      return isFull ? this.#retire(process, pool) : pool.forget(process)
    }
    lease.rest(spent ?? lease.record.spent)
    if (isFull) return this.#retire(process, pool)
    if (lease.ending !== null) this.make(process, lease.record)
    pool.rested(process)
    this.#idle.set(
      session,
      clock.after(limits.idleMs, () => this.#inTheBackground(this.#giveBack(session), session)),
    )
  }

  letGo(session: SessionId): void {
    this.wake(session)
    this.#held.delete(session)
  }

  clear(): void {
    for (const timer of this.#idle.values()) timer[Symbol.dispose]()
    this.#idle.clear()
    this.#held.clear()
  }

  #at(process: PooledProcess): readonly Lease[] {
    return this.all().filter((lease) => lease.process === process)
  }

  /** Its output has grown too long; the conversations go on in a new one. */
  #retire(process: PooledProcess, pool: Pool): void {
    for (const { session } of this.#at(process)) this.letGo(session)
    this.#inTheBackground(pool.remove(process), process.name)
  }

  #inTheBackground(work: Promise<unknown>, of: string): void {
    work.catch((error: unknown) => this.#options.log.error({ of, error: messageOf(error) }, 'agent.end-failed'))
  }
}

function fresh(session: SessionId, process: PooledProcess): LeaseRecord {
  return {
    session,
    process: process.name,
    conversation: process.spool.record.conversation || null,
    transcript: null,
    openedWith: null,
    turn: null,
    resting: false,
    spent: null,
  }
}
