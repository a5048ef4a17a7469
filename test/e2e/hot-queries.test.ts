import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { asked } from './approving.ts'
import { Stage, until } from './stage.ts'

/** Of these there are only ever a handful: what somebody set up by hand, or what goes when it is done. */
const small = new Set([
  'account_rests',
  'accounts',
  'approval_copies',
  'attached_places',
  'boards',
  'budgets',
  'budget_raises',
  'freezes',
  'grants',
  'identities',
  'meta',
  'window_uses',
])

/** What SQLite is asked while this lasts. */
function listening(): { readonly sql: ReadonlySet<string> } & Disposable {
  const heard = new Set<string>()
  const prepare = Reflect.get(DatabaseSync.prototype, 'prepare')
  DatabaseSync.prototype.prepare = function (sql) {
    heard.add(sql)
    return prepare.call(this, sql)
  }
  return { sql: heard, [Symbol.dispose]: () => void (DatabaseSync.prototype.prepare = prepare) }
}

/** The steps of a query that go through a whole table that grows, or through an index of all of it. */
function walks(db: DatabaseSync, sql: string): readonly string[] {
  const partial = db.prepare("select name from sqlite_master where type = 'index' and sql like '% where %'").all()
  const parts = new Set(partial.map(({ name }) => name))
  const steps = db
    .prepare(`explain query plan ${sql}`)
    .all()
    .map(({ detail }) => String(detail))
  const made = new Set(steps.flatMap((step) => /^(?:CO-ROUTINE|MATERIALIZE) (\S+)/.exec(step)?.[1] ?? []))
  return steps.filter((step) => {
    const [, table = '', index] = /^SCAN (\S+)(?:.* INDEX (\S+))?/.exec(step) ?? []
    if (table === '' || table === 'CONSTANT' || step.includes('VALUES CLAUSE')) return false
    return !small.has(table) && !made.has(table) && (index === undefined || !parts.has(index))
  })
}

test('nothing that is asked for a prompt, an approval or a look at the clock walks through a table that grows', async () => {
  using listener = listening()
  await using stage = await Stage.open()
  await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  const thread = await stage.session(olivia, 'shop')
  await olivia.says(thread, '!until noon')
  await olivia.says(thread, '!say taken back')
  await stage.botShows(olivia, thread, 'place 1')
  await olivia.typing(thread)
  await (await olivia.runs(thread, '/steer', { text: 'a word meanwhile' })).settled()
  await (await olivia.runs(thread, '/wait')).settled()
  stage.opens('noon')
  await stage.botShows(olivia, thread, 'taken back')
  await olivia.says(thread, '!ask Bash rm -rf build')
  await olivia.clicks(await asked(olivia, thread, 'rm -rf build'), 'Approve')
  await stage.botShows(olivia, thread, 'Done: rm -rf build')
  await until(() => stage.query('select 1 from messages where settled = 0').length === 0)
  const db = new DatabaseSync(join(stage.data, databaseName), { readOnly: true })
  const found = [...listener.sql]
    .filter((sql) => /^\s*(select|with|update|delete|insert)/i.test(sql))
    .flatMap((sql) => walks(db, sql).map((step) => `${step}: ${sql}`))
  db.close()
  assert.deepEqual(found, [])
})
