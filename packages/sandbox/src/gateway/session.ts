import { fitsDispatch } from '../faults.ts'
import type { Faults } from '../faults.ts'
import type { User } from '../records.ts'
import type { Line } from './line.ts'

/** How many dispatches a session keeps for a RESUME. */
const REPLAY = 1000

interface Sent {
  s: number
  t: string
  d: unknown
}

/** A client's session: it outlives its socket for a while, and can be resumed with nothing lost. */
export class Session {
  readonly id: string
  readonly user: User
  readonly intents: number
  readonly shard: readonly [number, number]
  /** the line of the moment; none between a loss and a RESUME */
  line: Line | null
  /** guild id → when all of its members were last asked for (op 8) */
  readonly wholeListAt = new Map<string, number>()
  seq = 0
  expiry: NodeJS.Timeout | null = null
  readonly #faults: Faults
  readonly #record: (session: Session, name: string, data: unknown) => void
  #buffer: Sent[] = []
  #kept: { name: string; data: object } | null = null
  #lag: Promise<void> | null = null

  constructor(
    init: { id: string; user: User; intents: number; shard: readonly [number, number]; line: Line },
    faults: Faults,
    record: (session: Session, name: string, data: unknown) => void,
  ) {
    this.id = init.id
    this.user = init.user
    this.intents = init.intents
    this.shard = init.shard
    this.line = init.line
    this.#faults = faults
    this.#record = record
  }

  /** Sends a dispatch, or does to it what a fault asks for. */
  dispatch(name: string, data: object): void {
    const fits = (fault: { event?: string | undefined; people?: boolean | undefined }) =>
      fitsDispatch(fault, name, this.user.bot)
    const delay = this.#faults.take('gateway.delay', fits)
    if (delay || this.#lag) {
      const before = this.#lag ?? Promise.resolve()
      const wait = delay ? new Promise<void>((resolve) => setTimeout(resolve, delay.ms)) : Promise.resolve()
      const lag = Promise.all([before, wait]).then(() => {
        this.#deliver(name, data, fits)
        if (this.#lag === lag) this.#lag = null
      })
      this.#lag = lag
      return
    }
    this.#deliver(name, data, fits)
  }

  #deliver(
    name: string,
    data: object,
    fits: (fault: { event?: string | undefined; people?: boolean | undefined }) => boolean,
  ): void {
    if (this.#faults.take('gateway.lose', fits)) return
    let body = data
    if (this.#faults.take('gateway.unknownFields', fits)) {
      body = { ...body, a_field_of_tomorrow: { nested: [1, null] }, another_one: 'new' }
    }
    const nulls = this.#faults.take('gateway.nullFields', fits)
    if (nulls) body = { ...body, ...Object.fromEntries(nulls.fields.map((field) => [field, null])) }
    if (this.#kept === null && this.#faults.take('gateway.reorder', fits)) {
      this.#kept = { name, data: body }
      return
    }
    this.#send(name, body)
    if (this.#faults.take('gateway.duplicate', fits)) this.#send(name, body)
    const kept = this.#kept
    this.#kept = null
    if (kept) this.#send(kept.name, kept.data)
  }

  #send(name: string, data: object): void {
    const sent: Sent = { s: ++this.seq, t: name, d: data }
    this.#buffer.push(sent)
    if (this.#buffer.length > REPLAY) this.#buffer = this.#buffer.slice(-REPLAY / 2)
    this.#record(this, name, data)
    this.raw({ op: 0, ...sent })
  }

  raw(payload: object): void {
    this.line?.send(payload)
  }

  /** Sends again what came after `seq`; false when that is no longer known. */
  replay(seq: number): boolean {
    const [oldest] = this.#buffer
    if (seq > this.seq || (oldest !== undefined && seq < oldest.s - 1)) return false
    for (const sent of this.#buffer) if (sent.s > seq) this.raw({ op: 0, ...sent })
    return true
  }

  /** Whether a guild's or DM's dispatches belong to this shard. */
  owns(guildId: string | null): boolean {
    const [index, count] = this.shard
    return guildId === null ? index === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === index
  }
}
