import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { ChainId } from '../src/core/ids.ts'
import type { Task } from '../src/core/task.ts'
import { openStore, type Store } from '../src/stores/open.ts'
import { databaseName } from '../src/stores/sqlite/database.ts'
import { hostClock } from '../src/system/host.ts'
import { person, quietLog, scratchFolder, session, thread } from '../test/stores/cast.ts'
import { repeat, took, type Figure, type Measurement, type Size } from './figure.ts'

const many = 10_000

/** What ten thousand tasks cost about which nothing is to be done, beside one alone. */
export const idleTasks: Measurement = {
  name: 'Tasks',
  async run(size: Size): Promise<readonly Figure[]> {
    const [times, ms] = size === 'full' ? [200, 4_000] : [50, 1_000]
    const measure = async (count: number) => {
      await using folder = await scratchFolder()
      await using store = await openStore({ folder: folder.path, clock: hostClock, log: quietLog })
      await give(store, folder.path, count)
      const { tasks, letters } = store.vault
      const page = { place: null, settled: false, before: null, most: 50 }
      const each = (look: () => Promise<unknown>) => repeat(times, ms, () => took(look))
      return {
        round: await each(async () => [await tasks.busy(), await letters.in(['asked', 'waiting', 'delivered'])]),
        first: await each(() => tasks.page(page)),
        here: await each(() => tasks.page({ ...page, place: thread('200').id })),
        last: await each(() => tasks.page({ ...page, before: Math.min(60, count) })),
      }
    }
    const [alone, crowd] = [await measure(1), await measure(many)]
    const figure = (what: string, pick: (of: typeof alone) => readonly number[]): Figure => {
      return { what, unit: 'ms', values: pick(crowd), against: { what: 'one task', values: pick(alone) } }
    }
    return [
      figure(`a look whether anything is to be done, ${many} idle tasks`, ({ round }) => round),
      figure(`the first page of the list, ${many} tasks`, ({ first }) => first),
      figure(`the same of one place`, ({ here }) => here),
      figure(`the last page`, ({ last }) => last),
    ]
  },
}

/** One task as it is kept, and the others as they would have been. */
async function give({ vault }: Store, folder: string, count: number): Promise<void> {
  const to = session('docs')
  const [by, chain] = [person('mary'), 'C0000001' as ChainId]
  const task: Task = {
    chain,
    title: 'Write the changelog',
    text: 'All that is new since the last one, in plain words.',
    origin: { place: thread('201'), name: 'shop' },
    to: { session: to.id, name: to.name, place: to.place, owner: by.id },
    by,
    at: 1,
    status: 'pending',
    steps: [],
    letter: null,
    trouble: null,
    stopping: false,
    version: 1,
  }
  const begins = { id: chain, run: null, session: to.id, speaker: by, at: 1 }
  const isKept = await vault.letters.keep([
    { kind: 'chain', chain: begins },
    { kind: 'task', task },
  ])
  if (!isKept) throw new Error('The first task was not kept.')
  if (count === 1) return
  const db = new DatabaseSync(join(folder, databaseName))
  db.exec(`insert into omc_chains (id, run, at, body, task, task_status, task_to, task_origin, task_version)
    with recursive c(n) as (select 2 union all select n + 1 from c where n < ${count})
    select 'C' || n, null, n, body, task, task_status, iif(n % 100, '9' || n, task_to), task_origin, 1
    from c, omc_chains where id = '${chain}'`)
  db.close()
}
