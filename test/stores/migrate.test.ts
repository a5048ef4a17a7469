import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Problem } from '../../src/core/failure.ts'
import { migrate, versionOf } from '../../src/stores/sqlite/migrate.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { openStore } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { openSqlite, type Sqlite } from '../../src/stores/sqlite/sqlite.ts'
import { prompt, promptKey, quietLog, realClock, runId, scratchFolder, session } from './cast.ts'

const noon = Date.parse('2026-11-22T12:00:00.000Z')
const next = 'alter table seen add column looked_at integer; create table later (id text primary key) strict;'

test('a new database gets every table and needs no backup', async () => {
  await using folder = await scratchFolder()
  using sqlite = disposable(join(folder.path, databaseName))
  assert.deepEqual(migrate(sqlite, migrations, noon), { from: 0, to: migrations.length, backup: null })
  assert.equal(versionOf(sqlite), migrations.length)
  assert.equal(migrate(sqlite, migrations, noon), null)
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => name.endsWith('.bak')),
    [],
  )
})

test('an older database is backed up, whole and readable, and migrated with what it holds', async () => {
  await using folder = await scratchFolder()
  await fill(folder.path)
  using sqlite = disposable(join(folder.path, databaseName))
  const migrated = migrate(sqlite, [...migrations, next], noon)
  const backup = `${join(folder.path, databaseName)}.v${migrations.length}-2026-11-22T12-00-00.000Z.bak`
  assert.deepEqual(migrated, { from: migrations.length, to: migrations.length + 1, backup })
  assert.equal(statSync(backup).mode & 0o777, 0o600)
  using copy = new DatabaseSync(backup, { readOnly: true })
  assert.equal(copy.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok')
  assert.equal(copy.prepare('pragma user_version').get()?.['user_version'], migrations.length)
  for (const database of [copy, sqlite.raw]) {
    assert.equal(database.prepare('select count(*) as n from run_events').get()?.['n'], 1)
  }
  assert.equal(sqlite.raw.prepare('select count(*) as n from later').get()?.['n'], 0)
  assert.deepEqual(
    readdirSync(folder.path).filter((name) => name.endsWith('.part')),
    [],
  )
})

test('a migration that fails leaves the database as it was, and can be tried again', async () => {
  await using folder = await scratchFolder()
  await fill(folder.path)
  using sqlite = disposable(join(folder.path, databaseName))
  const wrong = [...migrations, next, 'create table later (id text) strict;']
  assert.throws(() => migrate(sqlite, wrong, noon), Problem)
  assert.equal(versionOf(sqlite), migrations.length)
  assert.throws(() => sqlite.raw.prepare('select * from later'), /no such table/)
  assert.equal(migrate(sqlite, [...migrations, next], noon + 1)?.to, migrations.length + 1)
})

test('a database of a newer program is refused, with both versions and what to do, and not touched', async () => {
  await using folder = await scratchFolder()
  await fill(folder.path)
  const path = join(folder.path, databaseName)
  const raw = new DatabaseSync(path)
  raw.exec('pragma user_version = 99')
  raw.close()
  const before = readFileSync(path)
  await assert.rejects(openStore({ folder: folder.path, clock: realClock, log: quietLog }), (error) => {
    assert.ok(error instanceof Problem && error.kind === 'refused')
    assert.match(error.message, /version 99/)
    assert.match(error.message, new RegExp(`up to ${migrations.length} only`))
    assert.match(error.message, /newer program/)
    return true
  })
  assert.deepEqual(readFileSync(path), before)
  const again = new DatabaseSync(path)
  again.exec(`pragma user_version = ${migrations.length}`)
  again.close()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.equal((await store.journal.find(promptKey('501')))?.run, 'r1', 'the refusal kept no lock')
})

async function fill(folder: string): Promise<void> {
  await using store = await openStore({ folder, clock: realClock, log: quietLog })
  await store.vault.addSession(session('one'))
  await store.journal.ask(runId('r1'), prompt('501', session('one')), 1, () => null)
}

function disposable(path: string): Sqlite & Disposable {
  const sqlite = openSqlite(path)
  return { ...sqlite, [Symbol.dispose]: () => sqlite.raw.close() }
}
