import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { it } from 'node:test'
import { checkDatabase } from '../../src/stores/check.ts'
import { openStore } from '../../src/stores/open.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'

it('the doctor looks into a database, says what is wrong with it as the start would, and changes nothing', async () => {
  await using folder = await scratchFolder()
  const told = (): string =>
    checkDatabase(folder.path)
      .map(({ level, text }) => `${level}: ${text}`)
      .join('\n')
  assert.match(told(), /^ok: There is no database yet/)
  assert.deepEqual(readdirSync(folder.path), [])
  const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.match(told(), /^ok: The database is sound \(\d+\.\d MB\)\.\nok: Waiting: 0 prompts, 0 approvals and 0 letters/)
  await store.close()
  assert.match(told(), /^ok: The database is sound/)

  const path = join(folder.path, 'orchestrator.sqlite')
  const set = (sql: string): void => {
    const db = new DatabaseSync(path)
    db.exec(sql)
    db.close()
  }
  const schema = store.schemaVersion
  set(`pragma user_version = ${schema + 1}`)
  assert.match(told(), /^error: The database is of a newer version/)
  set(`pragma user_version = ${schema - 1}`)
  assert.match(told(), /^ok: The database .* is of an older version; the next start copies it/)
  writeFileSync(path, 'my diary. '.repeat(500))
  assert.match(told(), /^error: The database .* cannot be read/)
  rmSync(path)
  mkdirSync(join(folder.path, 'spools', 'one'), { recursive: true })
  assert.match(told(), /^error: .*orchestrator\.sqlite is missing or empty, but spools\/ beside it/)
  assert.ok(!existsSync(path))
})
