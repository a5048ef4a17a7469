import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { Kysely } from 'kysely'
import { Commits } from '../../src/stores/commits.ts'
import { migrate } from '../../src/stores/sqlite/migrate.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { scratchFolder } from './cast.ts'

suite('commits', () => {
  test('what comes at once shares a commit, in the order in which it came', async () => {
    await using ground = await open()
    const written = Array.from({ length: 100 }, (_, nth) => ground.note(`n${nth}`))
    assert.deepEqual(
      await Promise.all(written),
      Array.from({ length: 100 }, (_, nth) => nth + 1),
    )
    assert.equal(ground.commits(), 1)
    await ground.note('later')
    assert.equal(ground.commits(), 2)
  })

  test('so many share one at most', async () => {
    await using ground = await open()
    await Promise.all(Array.from({ length: 600 }, (_, nth) => ground.note(`n${nth}`)))
    assert.equal(ground.commits(), 3)
  })

  test('nobody hears of a write before its commit', async () => {
    await using ground = await open()
    const order: string[] = []
    const first = ground.write(async (trx) => {
      await trx.insertInto('notices').values({ key: 'a', at: 1 }).execute()
      order.push('worked')
    })
    const second = ground.write(async () => void order.push(`worked with ${ground.commits()} commits`))
    await Promise.all([first.then(() => order.push(`heard with ${ground.commits()} commits`)), second])
    assert.deepEqual(order, ['worked', 'worked with 0 commits', 'heard with 1 commits'])
  })

  test('a failure in the middle takes back its own writes only', async () => {
    await using ground = await open()
    const settled = await Promise.allSettled([
      ground.note('a'),
      ground.write(async (trx) => {
        await trx.insertInto('notices').values({ key: 'half', at: 1 }).execute()
        throw new Error('fell over')
      }),
      ground.note('a'),
      ground.note('b'),
    ])
    assert.deepEqual(
      settled.map((each) => each.status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await ground.keys(), ['a', 'b'])
    assert.equal(ground.commits(), 1)
  })

  test('the event loop turns between commits, however fast writers are', async () => {
    await using ground = await open()
    const beat = { turns: 0 }
    const timer = setInterval(() => beat.turns++, 0)
    try {
      for (let nth = 0; nth < 500 && beat.turns < 3; nth++) await ground.note(`n${nth}`)
    } finally {
      clearInterval(timer)
    }
    assert.ok(beat.turns >= 3, 'timers never had a turn')
  })

  test('what may go with the next one does, before it, and costs no commit of its own', async () => {
    await using ground = await open()
    const order: string[] = []
    const patient = ground.noteWithNext('patient').then(() => order.push(`patient with ${ground.commits()}`))
    await Promise.all([ground.note('urgent').then(() => order.push(`urgent with ${ground.commits()}`)), patient])
    assert.deepEqual(order, ['patient with 1', 'urgent with 1'])
    assert.deepEqual(await ground.numbers(), [1, 2])
    assert.equal(ground.commits(), 1)
  })

  test('what may go with the next one goes alone when none comes, also at the end, and what fails says so', async () => {
    await using ground = await open()
    await ground.noteWithNext('alone')
    assert.equal(ground.commits(), 1)
    await assert.rejects(ground.noteWithNext('alone'), /UNIQUE/)
    const last = ground.noteWithNext('last')
    await ground.close()
    await last
    assert.deepEqual(await ground.keys(), ['alone', 'last'])
    await assert.rejects(ground.noteWithNext('after'), /store is closed/)
  })

  test('closing settles what came before and takes nothing after', async () => {
    await using ground = await open()
    const before = ground.note('a')
    const closing = ground.close()
    await assert.rejects(ground.note('b'), /store is closed/)
    await closing
    await before
    await ground.close()
    assert.deepEqual(await ground.keys(), ['a'])
  })
})

async function open() {
  const folder = await scratchFolder()
  let commits = 0
  const sqlite = openSqlite(join(folder.path, 'test.sqlite'))
  migrate(sqlite, migrations, 0)
  const db = new Kysely<Tables>({
    dialect: sqlite.dialect,
    log: ({ query }) => void (query.sql === 'commit' && commits++),
  })
  const under = new Commits(db)
  let nth = 0
  const note = (key: string) => async (trx: Kysely<Tables>) => {
    await trx
      .insertInto('notices')
      .values({ key, at: nth + 1 })
      .execute()
    return ++nth
  }
  return {
    commits: () => commits,
    write: <Value>(work: Parameters<typeof under.write<Value>>[0]) => under.write(work),
    close: () => under.close(),
    /** Writes one row; gives the how many-th it was. */
    note: (key: string): Promise<number> => under.write(note(key)),
    noteWithNext: (key: string): Promise<number> => under.writeWithNext(note(key)),
    numbers: async () => (await db.selectFrom('notices').select('at').orderBy('at').execute()).map((row) => row.at),
    keys: async () => (await db.selectFrom('notices').select('key').execute()).map((row) => row.key),
    async [Symbol.asyncDispose]() {
      await under.close()
      await db.destroy()
      await folder[Symbol.asyncDispose]()
    },
  }
}
