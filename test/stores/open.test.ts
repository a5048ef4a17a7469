import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { openStore } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { events, prompt, quietLog, realClock, runId, scratchFolder, session } from './cast.ts'

const options = { clock: realClock, log: quietLog }

test('the folder and its files belong to their owner alone', async () => {
  await using scratch = await scratchFolder()
  const folder = join(scratch.path, 'not', 'there', 'yet')
  await using store = await openStore({ folder, ...options })
  await store.vault.alive(1)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  const files = readdirSync(folder).filter((name) => name.startsWith(databaseName))
  assert.deepEqual(
    files.sort(),
    ['', '-open', '-shm', '-wal'].map((end) => `${databaseName}${end}`),
  )
  for (const name of files) assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
})

test('it counts how often it was started, and says which schema it has', async () => {
  await using folder = await scratchFolder()
  for (const starts of [1, 2, 3]) {
    await using store = await openStore({ folder: folder.path, ...options })
    assert.deepEqual([store.starts, store.schemaVersion], [starts, migrations.length])
  }
})

test('every commit is on the disk before it is promised', async () => {
  await using folder = await scratchFolder()
  const { raw } = openSqlite(join(folder.path, databaseName))
  assert.equal(raw.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
  assert.equal(raw.prepare('pragma synchronous').get()?.['synchronous'], 2)
  assert.equal(raw.prepare('pragma foreign_keys').get()?.['foreign_keys'], 1)
  raw.close()
})

test('closing lets what is being written finish, may be called twice, and nothing is written after it', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, ...options })
  await store.vault.addSession(session('one'))
  const asked = ['501', '502', '503'].map((key) =>
    store.journal.ask(runId(`r${key}`), prompt(key, session('one')), 1, () => null),
  )
  const closings = [store.close(), store.close()]
  assert.equal((await Promise.all(asked)).length, 3)
  await Promise.all(closings)
  await assert.rejects(store.journal.append(runId('r501'), [events.stopped], 2), /store is closed/)
  await assert.rejects(store.journal.open())
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => name.endsWith('-wal') || name === 'lock.json'),
    [],
  )
  await using again = await openStore({ folder: folder.path, ...options })
  assert.equal((await again.journal.open()).length, 3)
})

test('a file that is no database is refused in words, kept as it is, and holds nothing', async () => {
  await using folder = await scratchFolder()
  const path = join(folder.path, databaseName)
  const text = 'this is somebody else’s file, and rather longer than an SQLite header is. '.repeat(20)
  writeFileSync(path, text)
  for (let time = 0; time < 2; time++) {
    await assert.rejects(openStore({ folder: folder.path, ...options }), (error) => {
      assert.ok(error instanceof Problem && error.kind === 'refused' && error.cause !== undefined)
      assert.match(error.message, /is not an SQLite database; move it away or choose another OMC_DATA_DIR/)
      return true
    })
  }
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('a folder that cannot be one is refused in words', async () => {
  await using folder = await scratchFolder()
  writeFileSync(join(folder.path, 'file'), '')
  await assert.rejects(openStore({ folder: join(folder.path, 'file', 'data'), ...options }), /OMC_DATA_DIR/)
  mkdirSync(join(folder.path, 'data', databaseName), { recursive: true })
  await assert.rejects(openStore({ folder: join(folder.path, 'data'), ...options }), Problem)
})
