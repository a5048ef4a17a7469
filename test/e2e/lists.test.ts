import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { textOf, type SeenMessage } from 'loopback-discord'
import { Stage, until } from './stage.ts'

/** As many sessions of that place as `many`, without starting any. */
function grow(stage: Stage, many: number): void {
  const db = new DatabaseSync(join(stage.data, 'orchestrator.sqlite'))
  try {
    db.exec('pragma busy_timeout = 5000')
    const columns = (db.prepare('pragma table_info(omc_sessions)').all() as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => !['seq', 'id', 'key', 'name'].includes(name))
    const copy = db.prepare(
      `insert into omc_sessions (id, key, name, ${columns.join()}) select ?, ?, ?, ${columns.join()} from omc_sessions where name = 'shop'`,
    )
    for (let at = 1; at <= many; at++) copy.run(`copy-${at}`, `channel:${at}`, `copy-${at}`)
  } finally {
    db.close()
  }
}

test('hundreds of sessions are read page by page in one message, which only who asked sees, also in the next life', async () => {
  await using stage = await Stage.open()
  const first = await stage.startBot()
  const olivia = await stage.sandbox.actor('olivia')
  await stage.session(olivia, 'shop')
  grow(stage, 229)
  const shown = await (await olivia.runs('work', '/session list')).settled()
  assert.ok(shown.ephemeral)
  assert.match(textOf(shown), /^\*\*230 sessions\*\* · page 1 of 23\n● |✓ \*\*shop\*\*/)
  await first.terminate()
  await stage.startBot()
  const turned = async (message: SeenMessage, button: string, head: RegExp): Promise<SeenMessage> => {
    await olivia.clicks(message, button)
    return olivia.sees('work', (each) => each.id === message.id && head.test(textOf(each)))
  }
  const second = await turned(shown, 'Next ›', /page 2 of 23/)
  assert.match(textOf(second), /\*\*copy-10\*\*/)
  assert.doesNotMatch(textOf(second), /\*\*shop\*\*/)
  await turned(second, '‹ Previous', /page 1 of 23/)
  await until(() => stage.query('select 1 from inbox where done_at is null').length === 0)
})
