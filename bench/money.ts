import type { BudgetScope } from '../src/core/budget.ts'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { admit } from '../src/core/admission.ts'
import type { RunEvent } from '../src/core/event.ts'
import type { PersonId, RunId } from '../src/core/ids.ts'
import { openStore, type Store } from '../src/stores/open.ts'
import { databaseName } from '../src/stores/sqlite/database.ts'
import { hostClock } from '../src/system/host.ts'
import { quietLog, scratchFolder } from '../test/stores/cast.ts'
import { repeat, took, type Figure, type Measurement, type Size } from './figure.ts'
import { fillQueue } from './queue.ts'

const caps = { active: 6, waiting: 20_000, personActive: 2, personWaiting: 10_000 }
const used: RunEvent = {
  type: 'used',
  spend: {
    model: 'm',
    tokens: { input: 1000, cacheRead: 0, cacheWrite: 0, output: 10 },
    costUsd: 0.01,
    estimated: false,
  },
}
const said: RunEvent = { type: 'said', block: 'b', text: 'a piece of an answer ', whole: false }

/** What counting and budgets cost: for each piece that streams, each call that is counted, and a queue of ten thousand. */
export const moneyCosts: Measurement = {
  name: 'Money',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, ms, waiting] = size === 'full' ? [9, 4000, 10_000] : [3, 1500, 2000]
    await using folder = await scratchFolder()
    await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog, reserve: 0.05 })
    const run = await fillQueue(store, folder.path, waiting, [used])
    const append = (event: RunEvent) =>
      repeat(times * 20, ms / 4, () => took(() => store.journal.append(run, [event], hostClock.now())))
    const looks = () => repeat(times * 20, ms / 4, () => took(() => store.vault.budgets.of(run, hostClock.now())))
    const decides = () =>
      repeat(times, ms, () => took(async () => admit(await store.journal.board(hostClock.now()), caps)))
    const pieces = await append(said)
    const counted = await append(used)
    const [lookBefore, boardBefore] = [await looks(), await decides()]
    await setBudgets(store)
    const [look, board] = [await looks(), await decides()]
    await fillWindow(store, folder.path, run)
    const shared = await decides()
    return [
      {
        what: 'a call is counted',
        unit: 'ms',
        values: counted,
        against: { what: 'a piece of text is kept', values: pieces },
      },
      {
        what: 'is a budget used up, six of them',
        unit: 'ms',
        values: look,
        against: { what: 'none of them', values: lookBefore },
      },
      {
        what: `read the queue and admit, ${waiting} waiting, six budgets`,
        unit: 'ms',
        values: board,
        against: { what: 'without budgets', values: boardBefore },
      },
      {
        what: 'the same, and a part of a window kept for each of 100 people',
        unit: 'ms',
        values: shared,
        against: { what: 'without that', values: board },
      },
    ]
  },
}

/** A hundred people have used most of a window of the account: from here on what is left is shared out. */
async function fillWindow({ journal }: Store, folder: string, run: RunId): Promise<void> {
  const [name, resetsAt] = ['five_hour', hostClock.now() + 4 * 3_600_000]
  const reading = { windows: [{ name, used: 0.6, resetsAt }], request: 'served', window: name } as const
  await journal.append(run, [{ type: 'metered', reading }, used], hostClock.now())
  const db = new DatabaseSync(join(folder, databaseName))
  const copied = "runtime, account, name, '' || (700000 + n), weight * n, resets_at, at"
  db.exec(`with recursive c(n) as (select 1 union all select n + 1 from c where n < 99)
    insert or ignore into window_uses select ${copied} from c, window_uses`)
  db.close()
}

async function setBudgets({ vault }: Store): Promise<void> {
  const everyone: BudgetScope = { kind: 'everyone' }
  const somebody: BudgetScope = { kind: 'person', id: '700001' as PersonId }
  for (const scope of [everyone, somebody])
    for (const span of ['run', 'day', 'month'] as const)
      await vault.budgets.set({ scope, span, limit: { unit: 'usd', count: 1000 }, by: 'olivia', at: hostClock.now() })
}
