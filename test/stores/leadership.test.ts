import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Client } from 'pg'
import type { Log } from '../../src/core/log.ts'
import { takeLead } from '../../src/stores/postgres/leadership.ts'
import type { Postgres } from '../../src/stores/postgres/postgres.ts'
import { realClock } from './cast.ts'

/** What a server knows of the lead: who holds the lock, and the number of the latest leader. */
class Server {
  number = 1
  locked: Client | null = null
  /** Between two questions of one who does not hold the lock, another bot leads, and dies. */
  isQuick = false
  readonly gone: (() => void)[] = []

  postgres(): Postgres {
    const connect = async (gone: (client: Client) => void): Promise<Client> => {
      const answer = async (text: string): Promise<object> => {
        if (text.includes('pg_try_advisory_lock')) {
          this.locked ??= client
          return { rows: [{ free: this.locked === client }] }
        }
        const rows = text.includes('from meta') ? [{ value: this.number }] : []
        if (this.isQuick && this.locked === null && rows.length > 0) this.number++
        return { rows }
      }
      const end = async (): Promise<void> => {
        if (this.locked === client) this.locked = null
      }
      const client = { query: answer, end } as unknown as Client
      this.gone.push(() => {
        this.locked = null
        gone(client)
      })
      return client
    }
    return { connect, name: 'a server' } as unknown as Postgres
  }
}

async function leads(server: Server) {
  const heard: string[] = []
  const hear = (_fields: object, message: string): void => void heard.push(message)
  const log: Log = { debug: hear, info: hear, warn: hear, error: hear }
  const lead = await takeLead({ postgres: server.postgres(), clock: realClock, log, idleMs: 60_000 })
  lead.leads(server.number)
  const decides = async (): Promise<string | undefined> => {
    while (!heard.some((each) => each === 'lead.kept' || each === 'lead.lost')) await nextTurn()
    return heard.at(-1)
  }
  return { lead, decides }
}

describe('a leader whose connection was cut', () => {
  it('goes on only where nobody can have led meanwhile, not even for a moment', async () => {
    const server = new Server()
    const { lead, decides } = await leads(server)
    server.isQuick = true
    server.gone[0]?.()
    assert.equal(await decides(), 'lead.kept')
    assert.equal(server.number, 1, 'else it would hold the lead, and the database would refuse whatever it writes')
    await lead.release()
    assert.equal(server.locked, null)
  })

  it('lets go of the lock when another one has led', async () => {
    const server = new Server()
    const { lead, decides } = await leads(server)
    server.number = 2
    server.gone[0]?.()
    assert.equal(await decides(), 'lead.lost')
    assert.equal(lead.lost.aborted, true)
    assert.equal(server.locked, null)
    await lead.release()
  })
})
