import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, type LogEvent } from 'kysely'
import type { ChainId, PromptKey, SessionId } from '../../src/core/ids.ts'
import { taskAfter, type Task } from '../../src/core/task.ts'
import { Commits } from '../../src/stores/commits.ts'
import { DatabaseIdentities } from '../../src/stores/identities.ts'
import { migrate } from '../../src/stores/sqlite/migrate.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { Seal } from '../../src/stores/seal.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { vaultIn } from '../../src/stores/vault.ts'
import { person, quietLog, scratchFolder, thread } from './cast.ts'

function task(nth: number, from: string, to: string, more: Partial<Task> = {}): Task {
  return {
    chain: `C${nth}` as ChainId,
    title: `Piece ${nth}`,
    text: '',
    origin: { place: thread(from), name: null },
    to: { session: to as SessionId, name: 'docs', place: thread(to), owner: person('ann').id },
    by: person('mary'),
    at: nth,
    status: 'pending',
    steps: [],
    letter: null,
    trouble: null,
    stopping: false,
    version: 1,
    ...more,
  }
}

async function open(file: string) {
  const sqlite = openSqlite(file)
  migrate(sqlite, migrations, 0)
  const asked: LogEvent['query'][] = []
  const db = new Kysely<Tables>({ dialect: sqlite.dialect, log: ({ query }) => void asked.push(query) })
  const commits = new Commits(db)
  const identities = await DatabaseIdentities.open(db, commits, Seal.in(dirname(file)), quietLog)
  const { letters, tasks } = vaultIn(db, commits, identities, { prices: {}, shares: {}, reserve: 0 })
  async function give(each: Task): Promise<void> {
    const chain = { id: each.chain, run: null, session: each.to.session, speaker: each.by, at: each.at }
    assert.ok(
      await letters.keep([
        { kind: 'chain', chain },
        { kind: 'task', task: each },
      ]),
    )
  }
  return { letters, tasks, give, asked, close: () => db.destroy() }
}

test('a task is changed from the version that was read, and everything with it, or nothing', async () => {
  await using folder = await scratchFolder()
  const { letters, tasks, give, close } = await open(join(folder.path, 'test.sqlite'))
  const first = task(1, '201', '202')
  await give(first)
  const step = { deed: 'reject', at: 1, by: 'mike', words: '' } as const
  const [one, two] = ['a', 'b'].map((key) => taskAfter(first, { ...step, key: key as PromptKey }))
  assert.ok(one && two)
  const note = { key: 'told', place: first.origin.place, text: 'x', replyTo: null, mention: null }
  assert.deepEqual(
    [
      await letters.keep([{ kind: 'task', task: one }]),
      await letters.keep([
        { kind: 'note', note },
        { kind: 'task', task: two },
      ]),
    ],
    [true, false],
  )
  assert.deepEqual(await tasks.task(first.chain), one)
  assert.equal(await tasks.task('C9' as ChainId), null)
  await close()
})

test('of ten thousand a page is read by an index, whichever it is, and the idle ones not at all', async () => {
  await using folder = await scratchFolder()
  const file = join(folder.path, 'test.sqlite')
  const store = await open(file)
  for (const nth of [1, 2, 3, 4]) await store.give(task(nth, '201', nth === 2 ? '203' : '202'))
  await store.give(task(5, '203', '202', { status: 'done' }))
  await store.give(task(6, '203', '201', { status: 'in_progress', letter: null }))
  await store.close()
  const db = new DatabaseSync(file)
  // The rest of the ten thousand, as they would have been kept.
  db.exec(`insert into omc_chains (id, run, at, body, task, task_status, task_to, task_origin, task_version)
    with recursive many(n) as (select 1 union all select n + 1 from many where n < 10000)
    select 'X' || n, null, n, body, task, iif(n % 2, 'pending', 'done'), '900', '901', 1 from many, omc_chains where id = 'C1'`)
  const { tasks, asked, close } = await open(file)
  const page = { place: null, settled: false, before: null, most: 3 }
  const names = async (wish: Partial<typeof page> & { readonly at?: string }) =>
    (await tasks.page({ ...page, ...wish, place: wish.at === undefined ? null : thread(wish.at).id })).map(
      ({ task: { chain } }) => chain,
    )
  assert.deepEqual(await names({ at: '201' }), ['C6', 'C4', 'C3'])
  assert.deepEqual(await names({ at: '201', before: 3 as never }), ['C2', 'C1'])
  assert.deepEqual(await names({ at: '203' }), ['C6', 'C2'])
  assert.deepEqual(await names({ at: '203', settled: true }), ['C6', 'C5', 'C2'])
  assert.equal((await names({})).length, 3)
  assert.deepEqual(
    (await tasks.openAt(thread('201').id)).map(({ chain }) => chain),
    ['C1', 'C2', 'C3', 'C4', 'C6'],
  )
  assert.deepEqual(
    (await tasks.busy()).map(({ chain }) => chain),
    ['C6'],
  )
  const plans = asked
    .filter(({ sql }) => sql.includes('task'))
    .map(({ sql, parameters }) =>
      JSON.stringify(db.prepare(`explain query plan ${sql}`).all(...(parameters as string[]))),
    )
  await close()
  db.close()
  assert.ok(plans.length >= 7)
  for (const plan of plans) {
    assert.match(plan, /INDEX tasks_/, plan)
    assert.doesNotMatch(plan, /SCAN omc_chains(?! USING (COVERING )?INDEX tasks_)/, plan)
  }
})
