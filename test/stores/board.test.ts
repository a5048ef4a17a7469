import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kysely } from 'kysely'
import type { PersonId } from '../../src/core/ids.ts'
import { readBoard } from '../../src/stores/board.ts'
import { Commits } from '../../src/stores/commits.ts'
import { DatabaseIdentities } from '../../src/stores/identities.ts'
import { Seal } from '../../src/stores/seal.ts'
import { DatabaseJournal } from '../../src/stores/journal.ts'
import { migrate } from '../../src/stores/sqlite/migrate.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { vaultIn } from '../../src/stores/vault.ts'
import { LocalWake } from '../../src/stores/wake.ts'
import { events, person, prompt, quietLog, runId, scratchFolder, session, thread } from './cast.ts'

test('the board is read in as many queries for a hundred people as for one, and knows whose turn it is', async () => {
  await using folder = await scratchFolder()
  const sqlite = openSqlite(join(folder.path, 'test.sqlite'))
  migrate(sqlite, migrations, 0)
  let queries = 0
  const db = new Kysely<Tables>({ dialect: sqlite.dialect, log: () => void queries++ })
  const commits = new Commits(db)
  const journal = new DatabaseJournal(db, commits, new LocalWake(), { prices: {}, shares: {}, reserve: 0 })
  const identities = await DatabaseIdentities.open(db, commits, Seal.in(folder.path), quietLog)
  const vault = vaultIn(db, commits, identities, { prices: {}, shares: {}, reserve: 0 })
  const counted = async (asker?: PersonId) => {
    queries = 0
    const board = await readBoard(db, 1, { prices: {}, shares: {}, reserve: 0 }, asker === undefined ? {} : { asker })
    return { ...board, queries }
  }
  const here = session('one')
  await vault.addSession(here)
  const ask = async (nth: number): Promise<void> => {
    const key = String(1_000 + nth)
    await journal.ask(runId(`r${nth}`), prompt(key, here, person(`person-${nth}`)), 1, () => null)
  }
  await ask(0)
  const one = await counted()
  for (let nth = 1; nth < 100; nth++) await ask(nth)
  const many = await counted()
  assert.equal(many.waiting.length, 100)
  assert.equal(many.queries, one.queries)
  assert.equal(many.served.size, 0)

  const admitted: number[] = []
  for (const nth of [3, 7, 3]) {
    const run = runId(`again-${admitted.length}`)
    const key = String(5_000 + admitted.length)
    await journal.ask(run, prompt(key, here, person(`person-${nth}`)), 1, () => null)
    const [claimed] = await journal.claim(() => [run], 2)
    admitted.push(claimed?.entry.seq ?? 0)
    await journal.append(run, [events.done], 3)
  }
  assert.deepEqual(
    new Map((await counted()).served),
    new Map([
      ['person-3', admitted[2]],
      ['person-7', admitted[1]],
    ]),
  )
  // Somebody with nothing on the board is known when they are about to be.
  const away = person('away')
  const there = session('two', thread('201'))
  await vault.addSession(there)
  await journal.ask(runId('away'), prompt('9000', there, away), 1, () => null)
  const [claimed] = await journal.claim(() => [runId('away')], 4)
  await journal.append(runId('away'), [events.done], 5)
  assert.equal((await counted()).served.has(away.id), false)
  assert.equal((await counted(away.id)).served.get(away.id), claimed?.entry.seq)
  await commits.close()
  await db.destroy()
})
