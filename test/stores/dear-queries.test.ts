import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Kysely, type LogEvent } from 'kysely'
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
import { prompt, quietLog, runId, scratchFolder, session, thread } from './cast.ts'

/** A journal whose queries are written down. */
async function listenedTo(folder: string) {
  const file = join(folder, 'test.sqlite')
  const sqlite = openSqlite(file)
  migrate(sqlite, migrations, 0)
  const asked: LogEvent['query'][] = []
  const db = new Kysely<Tables>({ dialect: sqlite.dialect, log: ({ query }) => void asked.push(query) })
  const commits = new Commits(db)
  const identities = await DatabaseIdentities.open(db, commits, Seal.in(folder), quietLog)
  return {
    asked,
    journal: new DatabaseJournal(db, commits, new LocalWake(), { prices: {}, shares: {}, reserve: 0 }),
    vault: vaultIn(db, commits, identities, { prices: {}, shares: {}, reserve: 0 }),
    close: () => db.destroy(),
  }
}

test('the last runs, of a session and of all, are found by an index, not by walking through the history', async () => {
  await using folder = await scratchFolder()
  const { journal, asked, close } = await listenedTo(folder.path)
  await journal.lastOf(session('one').id, 5)
  await journal.latest(5)
  await close()
  const db = new DatabaseSync(join(folder.path, 'test.sqlite'), { readOnly: true })
  const planOf = (query: LogEvent['query'] | undefined): string =>
    JSON.stringify(db.prepare(`explain query plan ${query?.sql}`).all(...((query?.parameters ?? []) as string[])))
  assert.match(planOf(asked.at(-2)), /USING (COVERING )?INDEX runs_of_session \(session=\?/)
  assert.match(planOf(asked.at(-1)), /SEARCH runs USING INDEX \w+ \(ended_seq>\?\)/)
  assert.doesNotMatch(planOf(asked.at(-1)), /TEMP B-TREE/)
  db.close()
})

test('with every place taken the queue is not read to find out that nobody may start', async () => {
  await using folder = await scratchFolder()
  const { journal, vault, asked, close } = await listenedTo(folder.path)
  const [here, there] = [session('one'), session('two', thread('201'))]
  for (const each of [here, there]) await vault.addSession(each)
  await journal.ask(runId('r1'), prompt('501', here), 1, () => null)
  await journal.ask(runId('r2'), prompt('502', there), 1, () => null)
  const firstOf = (): readonly never[] => assert.fail('the board was read')
  assert.equal((await journal.claim(() => [runId('r1')], 2, 1)).length, 1)
  asked.length = 0
  assert.deepEqual(await journal.claim(firstOf, 3, 1), [])
  assert.equal(asked.length, 1)
  assert.equal((await journal.claim(() => [runId('r2')], 4, 2)).length, 1)
  await close()
})
