import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { RunId } from '../src/core/ids.ts'
import type { Journal } from '../src/core/journal.ts'
import { hostClock } from '../src/system/host.ts'
import { openStore, type Store } from '../src/stores/open.ts'
import { events, prompt, quietLog, runId, scratchFolder, session, thread } from '../test/stores/cast.ts'
import { perSecond, repeat, type Figure, type Measurement, type Size } from './figure.ts'

const runsAtOnce = 100
const block = 4096

/** Appends a second: one run by itself, and a hundred that share their commits; beside the disk's own flushes. */
export const journalAppends: Measurement = {
  name: 'Journal',
  async run(size: Size): Promise<readonly Figure[]> {
    await using folder = await scratchFolder()
    await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
    const runs = await startRuns(store, runsAtOnce)
    const [batches, ms] = size === 'full' ? [9, 3000] : [5, 800]
    const flushes = await repeat(batches, ms / 2, () => flushRate(join(folder.path, 'flushes'), 100))
    const alone = await repeat(batches, ms, () => appendRate(store.journal, runs.slice(0, 1), 100))
    const together = await repeat(batches, ms, () => appendRate(store.journal, runs, 10))
    return [
      {
        what: 'appends, one run, each waiting for the last',
        unit: 'per s',
        values: alone,
        against: { what: '4 KB written and flushed', values: flushes },
      },
      {
        what: `appends, ${runsAtOnce} runs at once`,
        unit: 'per s',
        values: together,
        against: { what: 'one run', values: alone },
      },
    ]
  },
}

/** Sessions with a run at work each. */
async function startRuns({ journal, vault }: Store, count: number): Promise<readonly RunId[]> {
  const runs: RunId[] = []
  for (let nth = 0; nth < count; nth++) {
    const one = session(`s${nth}`, thread(String(2000 + nth)))
    await vault.addSession(one)
    await journal.ask(runId(`run-${nth}`), prompt(String(9000 + nth), one), hostClock.now(), () => null)
    runs.push(runId(`run-${nth}`))
  }
  await journal.claim(() => runs, hostClock.now())
  await Promise.all(runs.map((run) => journal.append(run, [events.started], hostClock.now())))
  return runs
}

async function appendRate(journal: Journal, runs: readonly RunId[], each: number): Promise<number> {
  const from = performance.now()
  await Promise.all(
    runs.map(async (run) => {
      for (let nth = 0; nth < each; nth++) {
        await journal.append(run, [events.said(`the piece of text number ${nth} `)], hostClock.now())
      }
    }),
  )
  return perSecond(runs.length * each, performance.now() - from)
}

/** What the disk allows: nothing that flushes per commit can be faster. */
function flushRate(path: string, count: number): number {
  const file = openSync(path, 'a')
  const bytes = Buffer.alloc(block, 'x')
  const from = performance.now()
  for (let nth = 0; nth < count; nth++) {
    writeSync(file, bytes)
    fdatasyncSync(file)
  }
  const rate = perSecond(count, performance.now() - from)
  closeSync(file)
  return rate
}
