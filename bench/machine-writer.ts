// Writes as a machine does whose sessions all stream: node machine-writer.ts <url> <data folder> <name> <ms>
import { setTimeout as pause } from 'node:timers/promises'
import type { WorkerId } from '../src/core/ids.ts'
import { openStore } from '../src/stores/open.ts'
import { hostClock } from '../src/system/host.ts'
import { events, quietLog } from '../test/stores/cast.ts'
import { moment } from './figure.ts'

const everyMs = 100

const [url = '', folder = '', id = '', ms = '0'] = process.argv.slice(2)
const report = () => ({
  host: 'bench',
  version: '0',
  runtimes: [],
  accounts: [],
  capacity: 1_000,
  boxed: true,
  key: '',
})
const as = { id: id as WorkerId, report }
await using store = await openStore({ folder, url, as, clock: hostClock, log: quietLog })
const mine = (await store.journal.open()).filter(({ worker }) => worker === id)
const until = moment() + Number(ms)
for (let next = moment(); next < until; next += everyMs) {
  await pause(Math.max(0, next - moment()))
  await Promise.all(mine.map(({ run }) => store.journal.append(run, [events.said(`at ${moment()}`)], hostClock.now())))
}
