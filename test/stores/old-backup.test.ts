import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { backUp, restore } from '../../src/stores/backup.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { openStore } from '../../src/stores/open.ts'
import { placeId, quietLog, realClock, scratchFolder, thread } from './cast.ts'

/** The schema of some versions ago, of any age at which there were backups. */
const old = 14

it('a backup of an older version is restored and brought up to date, with a copy of what it was', async () => {
  await using folder = await scratchFolder()
  const [data, copy, again] = ['data', 'copy', 'again'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  mkdirSync(join(data, 'transcripts'), { recursive: true })
  writeFileSync(join(data, 'transcripts', 'thread:200.jsonl'), '{"run":"r1"}\n')
  const db = new DatabaseSync(join(data, 'orchestrator.sqlite'))
  for (const sql of migrations.slice(0, old)) db.exec(sql)
  db.exec(`pragma user_version = ${old}`)
  const place = thread('200')
  const insert = db.prepare(
    `insert into omc_sessions (id, key, place, name, runtime, workdir, owner, account, since, started_at)
     values ('s1', 'thread:200', ?, 'shop', 'echo', '/work', 'ann', 'default', '50', 1000)`,
  )
  insert.run(JSON.stringify(place))
  db.close()
  const made = await backUp(data, copy, { clock: realClock, version: '0.0.1' })
  assert.equal(made.schema, old)

  await restore(copy, again, realClock)
  const store = await openStore({ folder: again, clock: realClock, log: quietLog })
  try {
    assert.equal(store.schemaVersion, migrations.length)
    const [session] = await store.vault.liveSessions()
    assert.equal(session?.name, 'shop')
    assert.equal(session.place.id, placeId('200'))
    assert.equal(readFileSync(join(again, 'transcripts', 'thread:200.jsonl'), 'utf8'), '{"run":"r1"}\n')
    assert.ok(readdirSync(again).some((name) => name.startsWith(`orchestrator.sqlite.v${old}-`)))
  } finally {
    await store.close()
  }
})
