import { rmSync } from 'node:fs'
import { Problem } from '../../core/failure.ts'
import type { Finding } from '../../core/finding.ts'
import type { SessionId } from '../../core/ids.ts'
import type { AgentProcess, Conduct, Cursor, Runtime, Turn } from '../../core/runtime.ts'
import { positionOf } from './cursor.ts'
import { continueMarked, endMarked } from './marker.ts'
import { readRecord } from './spool.ts'
import { notAdopted, replay, spoken } from './adoption.ts'
import { TurnConduct } from './conduct.ts'
import { birthOf, HandOver, stateOf, type Handed } from './hand-over.ts'
import { LeaseRecords, type HandedTurn, type LeaseRecord } from './lease-records.ts'
import type { Lease } from './lease.ts'
import { Leases } from './leases.ts'
import type { RuntimeEngineOptions } from './options.ts'
import { Pool } from './pool.ts'
import type { PooledProcess } from './pooled-process.ts'
import { leaveResting, takeBackResting } from './resting.ts'
import type { Protocol, Shared, TurnStanding } from './protocol.ts'
import type { Signing } from './signing.ts'

/** The one agent engine: leads any CLI for which there is a protocol, each process on a spool. */
export class AgentEngine<State extends TurnStanding> implements Runtime {
  readonly #protocol: Protocol<State>
  readonly #options: RuntimeEngineOptions
  readonly #signing: Signing
  readonly #records: LeaseRecords
  readonly #pool: Pool
  readonly #leases: Leases
  readonly #conducts = new Map<SessionId, TurnConduct<State>>()
  /** Sessions that are being given back: their next turn waits for it. */
  readonly #releasing = new Map<SessionId, Promise<void>>()
  /** Sessions whose process is being started before anything is asked. */
  readonly #preparing = new Map<SessionId, Promise<void>>()
  #closing: Promise<void> | null = null
  readonly isInstalled = (): boolean => this.#protocol.isInstalled()
  readonly check = (only?: 'errors'): Promise<readonly Finding[]> => this.#protocol.check(only)
  readonly models = (): Promise<readonly string[]> => this.#protocol.models()
  readonly sign: Runtime['sign'] = (...signed) => this.#signing.sign(...signed)

  constructor(protocol: Protocol<State>, options: RuntimeEngineOptions, signing: Signing) {
    this.#protocol = protocol
    this.#signing = signing
    this.#options = options
    this.#records = new LeaseRecords(options.dataDir)
    const untyped = protocol as unknown as Protocol<TurnStanding>
    this.#leases = new Leases(options, this.#records, (session) => this.release(session))
    this.#pool = new Pool(untyped, options, this.#records, (process) => this.#leases.isBusy(process), signing.boxing)
  }

  get name(): Runtime['name'] {
    return this.#protocol.name
  }

  get title(): string {
    return this.#protocol.title
  }

  begin(asked: Turn): Conduct {
    return this.#conduct(asked, async (stopped) => {
      if (this.#closing !== null) return null
      // A disk that takes nothing is the end of this turn alone.
      const turn = this.#signing.ready(asked)
      const lease = await this.#leaseFor(turn, stopped)
      return lease === null ? null : this.#hand(turn, lease, null, stopped)
    })
  }

  async prepare(turn: Turn): Promise<void> {
    const { id } = turn.session
    const isThere = (): boolean => this.#leases.get(id) !== undefined || this.#conducts.has(id)
    if (this.#closing !== null || isThere() || this.#preparing.has(id) || this.#releasing.has(id)) return
    if (!this.#pool.hasRoom(this.#preparing.size)) return
    const preparing = this.#prepare(turn)
    this.#preparing.set(id, preparing)
    try {
      await preparing
    } finally {
      this.#preparing.delete(id)
    }
  }

  async #prepare(turn: Turn): Promise<void> {
    const { id } = turn.session
    const process = await this.#pool.obtain(turn, new AbortController().signal)
    if (process === null || this.#leases.get(id) !== undefined) return
    this.#leases.rest(this.#leases.take(process, id), null, this.#pool)
  }

  async adopt(asked: Turn, cursor: Cursor | null): Promise<Conduct | null> {
    if (this.#closing !== null) return null
    const turn = this.#signing.ready(asked)
    const { id } = turn.session
    const before = this.#leases.get(id)
    if (before?.busy !== true) this.#leases.letGo(id)
    const conduct = await this.#adopt(turn, cursor).catch(notAdopted(this.#options.log, id))
    if (conduct !== null) return conduct
    this.#leases.letGo(id)
    const name = this.#records.read(id)?.process
    const process = name === id ? await this.#pool.attach(name) : null
    if (process !== null) await process.end('hard')
    if (process !== null) this.#pool.forget(process)
    await endMarked(this.#pool.data, ({ session }) => session === id, 0)
    return null
  }

  async #adopt(turn: Turn, cursor: Cursor | null): Promise<Conduct | null> {
    const record = this.#records.read(turn.session.id)
    if (record === null) return null
    const folder = this.#pool.folderOf(record.process)
    const kept = readRecord(folder)
    if (kept?.runtime !== this.name) return null
    const { generation, pid } = kept
    const handed = record.turn
    const wasHanded = handed?.run === turn.run && handed.attempt === turn.attempt
    const position = cursor === null ? null : positionOf(cursor)
    if (cursor !== null && (position?.generation !== generation || !wasHanded)) return null
    const process = await this.#pool.attach(record.process)
    if (handed === null || !wasHanded) {
      // It was never told of this turn.
      if (process === null || !(await this.#pool.suits(process, turn))) return null
      return this.#adopted(turn, process, record, null)
    }
    const first = stateOf(this.#protocol, turn, pid, handed, record)
    const seen = await replay(this.#protocol, folder, first, handed.start, position?.offset ?? null)
    if (process === null) {
      if (seen.last.over === 'no') return null
      return spoken(seen.unread, { generation, start: handed.start, offset: seen.end })
    }
    // All of it was taken in already: there is nothing to go on with.
    if (position !== null && seen.state.over !== 'no') return null
    if (position === null && !seen.last.taken && seen.last.over === 'no') {
      // The journal knows nothing of it, and the CLI has not spoken of it.
      if (handed.long && this.#protocol.shared === null) return null
      return this.#adopted(turn, process, record, handed)
    }
    const lease = this.#leases.make(process, record)
    const offset = position?.offset ?? handed.start
    const state = position === null ? first : seen.state
    this.#leases.busy(lease)
    lease.position = offset
    return this.#conduct(turn, async () => {
      return { lease, tail: process.spool.tail(offset), state, start: handed.start }
    })
  }

  /** Hands a turn to a process of an earlier life, for the first time or once more. */
  #adopted(turn: Turn, process: PooledProcess, record: LeaseRecord, handed: HandedTurn | null): Conduct {
    const lease = this.#leases.make(process, record)
    this.#leases.busy(lease)
    return this.#conduct(turn, (stopped) => this.#hand(turn, lease, handed, stopped))
  }

  release(session: SessionId): Promise<void> {
    const before = this.#releasing.get(session) ?? Promise.resolve()
    const releasing = before
      .catch(() => {})
      .then(() => this.#release(session))
      .finally(() => {
        if (this.#releasing.get(session) === releasing) this.#releasing.delete(session)
      })
    this.#releasing.set(session, releasing)
    return releasing
  }

  async #release(session: SessionId): Promise<void> {
    await this.#preparing.get(session)?.catch(() => {})
    await this.#conducts.get(session)?.stop()
    const record = this.#records.read(session)
    const process = record === null ? null : await this.#pool.attach(record.process)
    if (record !== null && process !== null) await this.#leave(record, process)
    this.#leases.letGo(session)
    const { interruptMs } = this.#options.limits
    const mine = record?.process === session && process === null
    await endMarked(this.#pool.data, (marked) => marked.session === session, mine ? interruptMs : 0)
    if (record?.process === session) rmSync(this.#pool.folderOf(session), { recursive: true, force: true })
    this.#records.remove(session)
    this.#signing.forget(session)
  }

  async sweep(keep: ReadonlySet<SessionId>): Promise<number> {
    const isKept = (session: SessionId): boolean => keep.has(session) || this.#leases.get(session) !== undefined
    const { dataDir, limits } = this.#options
    const { interruptMs } = limits
    await continueMarked(this.#pool.data, ({ runtime }) => runtime === this.name)
    await takeBackResting(dataDir, this.#pool.data, this.name)
    let ended = 0
    for (const name of this.#pool.folders()) {
      const records = this.#records.at(name)
      const gone = records.filter(({ session }) => !isKept(session))
      const isOwn = !this.#pool.isShared(name)
      // One that a single session had goes below, with everything it started.
      const process = isOwn && !isKept(name as SessionId) ? null : await this.#pool.attach(name)
      for (const record of gone) {
        if (process !== null) await this.#leave(record, process)
        this.#records.remove(record.session)
      }
      if (process !== null) this.#takeUp(process, records)
      if (gone.length < records.length || (isOwn && isKept(name as SessionId))) continue
      if (process !== null && !isOwn) {
        await this.#pool.remove(process)
        ended++
      }
      if (isOwn) ended += await endMarked(this.#pool.data, ({ session }) => session === name, interruptMs)
      rmSync(this.#pool.folderOf(name), { recursive: true, force: true })
    }
    const isStray = (runtime: string, session: SessionId): boolean =>
      runtime === this.name && !this.#pool.has(session) && !isKept(session)
    return ended + (await endMarked(this.#pool.data, (marked) => isStray(marked.runtime, marked.session), interruptMs))
  }

  processes(): readonly AgentProcess[] {
    return this.#leases
      .all()
      .filter(({ spool }) => spool.death === null)
      .map(({ session, spool, busy }) => ({ session, pid: spool.pid, busy }))
  }

  close(agents: 'leave' | 'end'): Promise<void> {
    this.#closing ??= this.#close(agents)
    return this.#closing
  }

  async #close(how: 'leave' | 'end'): Promise<void> {
    await Promise.all([...this.#conducts.values()].map((conduct) => conduct.close()))
    await Promise.allSettled(this.#preparing.values())
    const resting: PooledProcess[] = []
    await Promise.all(
      this.#pool.all().map(async (process) => {
        const isBusy = this.#leases.isBusy(process)
        const records = this.#records.at(process.name)
        if (how === 'leave' && process.isUsable && (isBusy || records.some((record) => record.resting))) {
          if (!isBusy) resting.push(process)
          return process.spool.leave()
        }
        await this.#pool.remove(process)
        for (const { session } of records) this.#records.remove(session)
      }),
    )
    this.#leases.clear()
    if (resting.length > 0) this.#leaveResting(resting)
  }

  #leaveResting(resting: readonly PooledProcess[]): void {
    const { dataDir, limits, ids } = this.#options
    const processes = resting.map(({ name, spool }) => ({ name, generation: spool.record.generation }))
    const { data } = this.#pool
    const { farewell } = this.#protocol
    leaveResting({ dataDir, data, runtime: this.name, farewell, processes }, limits.idleMs, ids)
  }

  #conduct(turn: Turn, hand: (stopped: AbortSignal) => Promise<Handed<State> | null>): Conduct {
    const { clock, limits, log } = this.#options
    const { id } = turn.session
    const conduct: TurnConduct<State> = new TurnConduct({
      protocol: this.#protocol,
      turn,
      clock,
      log,
      limits,
      hand,
      freed: (lease, state) => {
        // The next turn may have begun before this one's reader came back.
        if (this.#conducts.get(id) !== conduct) return
        this.#conducts.delete(id)
        if (this.#leases.get(id) === lease) this.#leases.rest(lease, state.spent, this.#pool)
      },
    })
    this.#conducts.set(id, conduct)
    return conduct
  }

  async #hand(
    turn: Turn,
    lease: Lease,
    before: HandedTurn | null,
    stopped: AbortSignal,
  ): Promise<Handed<State> | null> {
    this.#leases.busy(lease)
    try {
      const handed = await new HandOver(this.#protocol, this.#options, turn, lease, stopped).run(before)
      if (handed === null && this.#closing === null) this.#leases.rest(lease, null, this.#pool)
      return handed
    } catch (error) {
      // One that does not answer would fail the next prompt too, and everybody else's.
      const isRefused = error instanceof Problem && error.kind === 'refused'
      if (!stopped.aborted && !isRefused) await lease.process.end('hard')
      if (this.#closing === null) this.#leases.rest(lease, null, this.#pool)
      throw error
    }
  }

  async #leaseFor(turn: Turn, stopped: AbortSignal): Promise<Lease | null> {
    const { id } = turn.session
    await this.#releasing.get(id)?.catch(() => {})
    await this.#preparing.get(id)?.catch(() => {})
    const alive = this.#leases.get(id)
    if (alive !== undefined) {
      this.#leases.wake(id)
      if (!alive.process.isUsable) {
        await alive.process.end('hard')
        this.#pool.forget(alive.process)
        this.#leases.letGo(id)
      } else if (alive.ending !== null) this.#leases.letGo(id)
    }
    const process = await this.#pool.obtain(turn, stopped)
    if (process === null) return null
    const held = this.#leases.get(id)
    if (held?.isUsable === true && held.process === process) return held
    return this.#leases.take(process, id)
  }

  /** Takes up sessions that rested when the life before ended: their next prompts start no process. */
  #takeUp(process: PooledProcess, records: readonly LeaseRecord[]): void {
    for (const record of records) {
      if (!record.resting || this.#leases.get(record.session) !== undefined) continue
      if (this.#records.read(record.session) === null) continue
      this.#leases.rest(this.#leases.make(process, record), record.spent, this.#pool)
    }
  }

  /** Ends what the session has at work and gives its conversation back; the last one out ends the process. */
  async #leave(record: LeaseRecord, process: PooledProcess): Promise<void> {
    const { session, turn, resting } = record
    const conversation = this.#leases.get(session)?.record.conversation ?? record.conversation
    this.#leases.letGo(session)
    const others = this.#records.at(process.name).filter((each) => each.session !== session)
    const { shared } = this.#protocol
    if (others.length === 0 || shared === null) return this.#pool.remove(process)
    if (conversation === null || !process.isUsable) return
    const atWork = turn === null || resting ? null : await this.#stateAtWork(shared, process, record, turn)
    const never = new AbortController().signal
    const request = shared.leave(conversation, atWork)
    const { closeReplyMs } = this.#options.limits
    await process.channel?.ask(request, process.spool.size, never, closeReplyMs).catch(() => null)
  }

  /** The state of a turn that an earlier life handed over. */
  async #stateAtWork(
    shared: Shared<State>,
    process: PooledProcess,
    record: LeaseRecord,
    handed: HandedTurn,
  ): Promise<State> {
    const first = shared.reader(handed, birthOf(this.#protocol, process.spool.pid, handed, record))
    return (await replay(this.#protocol, process.spool.folder, first, handed.start, null)).last
  }
}
