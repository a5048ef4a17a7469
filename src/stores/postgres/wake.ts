import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from 'pg'
import { messageOf } from '../../core/failure.ts'
import type { Log } from '../../core/log.ts'
import { background } from '../../system/background.ts'
import { LocalWake } from '../wake.ts'
import { channel, type Postgres } from './postgres.ts'

const tryAgainAfterMs = 500

/** The wake across processes: whoever commits has all others look. A connection that is cut is made anew, with a look. */
export class ListeningWake extends LocalWake {
  readonly #postgres: Postgres
  readonly #log: Log
  #client: Client | null = null
  #isOver = false

  private constructor(postgres: Postgres, log: Log) {
    super()
    this.#postgres = postgres
    this.#log = log
  }

  static async open(postgres: Postgres, log: Log): Promise<ListeningWake> {
    const wake = new ListeningWake(postgres, log)
    await wake.#listen()
    return wake
  }

  /** Tells nothing more that others write. Idempotent. */
  async close(): Promise<void> {
    this.#isOver = true
    await this.#client?.end().catch(() => undefined)
  }

  async #listen(): Promise<void> {
    const client = await this.#postgres.connect((each) => this.#gone(each))
    client.on('notification', () => this.look())
    const { rows } = await client.query<{ readonly name: string }>(`select ${channel} as name`)
    await client.query(`listen ${client.escapeIdentifier(rows[0]?.name ?? '')}`)
    this.#client = client
    if (this.#isOver) await client.end().catch(() => undefined)
  }

  #gone(client: Client): void {
    if (this.#isOver || this.#client !== client) return
    this.#client = null
    background(this.#again(), this.#log, 'wake')
  }

  async #again(): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#listen()
        // Whatever was told meanwhile was told to nobody.
        return this.look()
      } catch (error) {
        this.#log.warn({ error: messageOf(error) }, 'wake.cut-off')
        await pause(tryAgainAfterMs)
      }
    }
  }
}
