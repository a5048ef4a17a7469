import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { messageOf, Problem } from '../../core/failure.ts'
import { pause as pauseBy, type Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { background } from '../../system/background.ts'
import { lockOf } from '../locks.ts'
import { asHolder, holderOf, type Holder, type Postgres } from './postgres.ts'
import { inWords } from './words.ts'

/** The right to write as somebody: of all processes that are started as the same one works, and the others stand by. */
export interface Leadership {
  /** Fires when another bot may lead: from then on nothing is written any more. */
  readonly lost: AbortSignal
  /** The number it leads with is known. */
  leads(lead: number): void
  /** Lets whoever stands by take over. Idempotent. */
  release(): Promise<void>
}

export interface LeadTools {
  readonly postgres: Postgres
  readonly clock: Clock
  readonly log: Log
  /** A leader who gives no sign for so long has lost the lead: it is stopped, or its machine is cut off. */
  readonly idleMs: number
  /** `lead` for the bot, `worker:<id>` for a machine: its lock, and its number in `meta`. */
  readonly mandate?: string
}

const tryAgainAfterMs = 500
/** How often it is looked whether somebody far away who has the lead is alive. */
const lookAgainAfterMs = 250

/**
 * Waits until no other process has the mandate, and takes it: an advisory lock of one connection, which the server gives back with
 * that connection, also when it hears nothing of the leader for `idleMs`. Rejects only when the very first look at the database fails.
 */
export async function takeLead(tools: LeadTools): Promise<Leadership> {
  const held = new Held(tools)
  await held.take()
  return held
}

/** Whether whoever holds a lock does so from another machine. */
function isFar(holder: Holder | undefined): holder is Holder {
  return holder !== undefined && holder.host !== asHolder(hostname())
}

/**
 * Whoever stands by takes over agents and files, so it is where they are; a copy of their folder elsewhere is another one.
 * @param holder whoever has the mandate; undefined: nobody has it, or does not say where it is.
 * @throws {Problem} `refused`, when that is on another machine.
 */
export function refuseFar(holder: Holder | undefined, mandate: string, database: string): void {
  if (!isFar(holder)) return
  const who = mandate === 'lead' ? 'A bot' : `The machine ${mandate.slice('worker:'.length)}`
  throw new Problem(
    'refused',
    `${who} is at work on the database ${database} already, on ${holder.host}. Another one stands by on the same machine only, with ` +
      'the same data folder. To go on here instead: stop it there, bring its data folder here, and start. Nothing was changed.',
  )
}

class Held implements Leadership {
  readonly #tools: LeadTools
  readonly #lost = new AbortController()
  readonly #mandate: string
  /** SQL */
  readonly #lock: string
  #client: Client | null = null
  #timer: Disposable | null = null
  #lead: number | null = null
  #isOver = false

  constructor(tools: LeadTools) {
    this.#tools = tools
    this.#mandate = tools.mandate ?? 'lead'
    this.#lock = lockOf(`'${this.#mandate}'`)
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  leads(lead: number): void {
    this.#lead = lead
  }

  async take(): Promise<void> {
    const { postgres, log } = this.#tools
    let isFirst = true
    for (;;) {
      let client: Client | null = null
      try {
        client = await this.#connect()
        if (!(await this.#isFree(client))) {
          if (isFirst) await this.#seesOffFar(client)
          log.info({ database: postgres.name }, 'standby.waiting')
          isFirst = false
          await client.query(`select pg_advisory_lock(${this.#lock})`)
          // One that was stopped meanwhile may hear of it when the server has taken it back for long.
          await client.query('select 1')
          log.info({ database: postgres.name }, 'standby.leads')
        }
        return this.#hold(client)
      } catch (error) {
        await client?.end().catch(() => undefined)
        // One that stands by waits for a server that is restarted, too.
        if (isFirst) throw inWords(postgres.name, error)
        log.warn({ error: messageOf(error) }, 'standby.cut-off')
        await pause(tryAgainAfterMs)
      }
    }
  }

  async release(): Promise<void> {
    this.#isOver = true
    this.#timer?.[Symbol.dispose]()
    await this.#client?.end().catch(() => undefined)
  }

  async #connect(): Promise<Client> {
    const client = await this.#tools.postgres.connect((each) => this.#gone(each))
    await client.query(`set idle_session_timeout = ${this.#tools.idleMs}`)
    return client
  }

  async #isFree(client: Client): Promise<boolean> {
    const { rows } = await client.query<{ readonly free: boolean }>(
      `select pg_try_advisory_lock(${this.#lock}) as free`,
    )
    return rows[0]?.free === true
  }

  /**
   * A machine that has lost its power a moment ago has the lead until the server has heard nothing of it for `idleMs`: that is
   * waited for. Whoever is at work gives a sign long before.
   */
  async #seesOffFar(client: Client): Promise<void> {
    const { postgres, clock, log, idleMs } = this.#tools
    const look = async (): Promise<Holder | undefined> => (await client.query<Holder>(holderOf(this.#lock))).rows[0]
    const first = await look()
    if (!isFar(first)) return
    log.info({ database: postgres.name, host: first.host, withinMs: idleMs }, 'standby.looks-far')
    for (let waitedMs = 0; ; waitedMs += lookAgainAfterMs) {
      await pauseBy(clock, lookAgainAfterMs)
      const now = await look()
      if (!isFar(now)) return
      // Its server may tell others nothing of it.
      if (now.sign !== first.sign || waitedMs > 2 * idleMs) return refuseFar(now, this.#mandate, postgres.name)
    }
  }

  async #numberIn(client: Client): Promise<number | undefined> {
    const { rows } = await client.query<{ readonly value: number }>(
      `select value from meta where key = '${this.#mandate}'`,
    )
    return rows[0]?.value
  }

  #hold(client: Client): void {
    this.#client = client
    this.#ping(client)
  }

  /** A sign of life, four times as often as it must come. */
  #ping(client: Client): void {
    this.#timer = this.#tools.clock.after(this.#tools.idleMs / 4, () => {
      if (this.#isOver || this.#client !== client) return
      this.#isStillMine(client).then(
        (isMine) => (isMine ? this.#ping(client) : this.#giveUp(client)),
        () => this.#gone(client),
      )
    })
  }

  /** Also a sign of life. A machine that was given up finds another number. */
  async #isStillMine(client: Client): Promise<boolean> {
    if (this.#lead !== null) return (await this.#numberIn(client)) === this.#lead
    await client.query('select 1')
    return true
  }

  async #giveUp(client: Client): Promise<void> {
    if (this.#isOver || this.#client !== client) return
    this.#client = null
    await client.end().catch(() => undefined)
    this.#lose()
  }

  #lose(): void {
    this.#tools.log.error({ database: this.#tools.postgres.name }, 'lead.lost')
    this.#lost.abort()
  }

  /** The connection is gone, and with it the lock: after a restart of the server it can be had again, if nobody led meanwhile. */
  #gone(client: Client): void {
    if (this.#isOver || this.#client !== client) return
    this.#client = null
    background(this.#takeAgain(), this.#tools.log, 'lead')
  }

  async #takeAgain(): Promise<void> {
    const { postgres, log } = this.#tools
    for (;;) {
      if (this.#isOver) return
      let client: Client | null = null
      try {
        client = await this.#connect()
        // First the lock: from then on nobody else can raise the number.
        const isMine = (await this.#isFree(client)) && (await this.#numberIn(client)) === this.#lead
        if (isMine && !this.#isOver) {
          log.warn({ database: postgres.name }, 'lead.kept')
          return this.#hold(client)
        }
        await client.end().catch(() => undefined)
        if (this.#isOver) return
        break
      } catch (error) {
        log.warn({ database: postgres.name, error: messageOf(error) }, 'lead.cut-off')
      }
      await client?.end().catch(() => undefined)
      await pause(tryAgainAfterMs)
    }
    this.#lose()
  }
}
