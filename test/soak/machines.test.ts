import { test } from 'node:test'
import { noPostgres } from '../stores/cluster.ts'
import { MachineSoak } from './machine-soak.ts'

/**
 * A bot, one that stands by, machines and PostgreSQL, and all the time one of them is killed, stopped or cut off:
 *   SOAK_EVENTS=300 SOAK_MACHINES=3 SOAK_SESSIONS=60 SOAK_SEED=7 node test/run.js test/soak/machines.test.ts
 * The same seed breaks the same things in the same order.
 */
const events = Number(process.env['SOAK_EVENTS'] ?? 8)
const machines = Number(process.env['SOAK_MACHINES'] ?? 2)
const sessions = Number(process.env['SOAK_SESSIONS'] ?? 4)
const seed = Number(process.env['SOAK_SEED'] ?? 20_261)

test(
  `${events} deaths, standstills and cuts of the bot, its standby, ${machines} machines and PostgreSQL: nothing is lost, nothing comes twice, caps hold`,
  { skip: noPostgres(), timeout: 600_000 + events * 120_000 },
  async () => {
    await using soak = await MachineSoak.open({ machines, sessions, seed })
    for (let nth = 0; nth < events; nth++) {
      await soak.speaks()
      await soak.strikes()
      await soak.hears()
    }
    await soak.ends()
    console.log(JSON.stringify({ seed, events, ...soak.told }))
    await soak.assertWell()
  },
)
