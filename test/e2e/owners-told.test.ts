import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { Finding } from '../../src/core/finding.ts'
import { Stage } from './stage.ts'

/** GUILD_MEMBERS: without it Discord lists nobody. */
const membersIntent = 1 << 1

/** Spoils a page of a table that the bot does not know; what is given back puts it right. */
function damage(path: string): () => void {
  const db = new DatabaseSync(path)
  db.exec("create table junk (text); insert into junk values (hex(zeroblob(100000)) || 'the end of the junk')")
  db.close()
  const bytes = readFileSync(path)
  const size = bytes.readUInt16BE(16)
  const at = Math.floor(bytes.indexOf('the end of the junk') / size) * size
  // An overflow page begins with the number of the next one: there is none such.
  write(path, Buffer.alloc(4, 0x7f), at)
  return () => write(path, bytes.subarray(at, at + 4), at)
}

function write(path: string, bytes: Uint8Array, at: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

describe('what keeps everybody from working', { concurrency: true }, () => {
  for (const isListed of [true, false]) {
    const whom = isListed ? 'all who have the role' : 'those whom the bot has met'
    test(`is told to ${whom} once, and so is its end, in the next life as well`, async () => {
      await using stage = await Stage.open({ timings: { checkAfterMs: 0, checkEveryMs: 1_000 } })
      const { world, bot } = stage.sandbox
      if (!isListed) world.user(bot.id).privilegedIntents &= ~membersIntent
      const [olivia, alice, bob] = await Promise.all(
        ['olivia', 'alice', 'bob'].map((name) => stage.sandbox.actor(name)),
      )
      if (olivia === undefined || alice === undefined || bob === undefined) assert.fail('somebody is missing')
      const roots = dirname(stage.project)
      const first = await stage.startBot()
      await (await olivia.runs('general', '/permission set', { user: bob.id, tier: 'owner' })).settled()
      renameSync(roots, `${roots}-away`)
      const direct = await olivia.opensDm()
      await stage.botShows(olivia, direct, /Nobody can use me as it is: There is no folder/)
      if (isListed) await stage.botShows(alice, await alice.opensDm(), /Nobody can use me/)
      await first.terminate()

      const second = await stage.startBot()
      await second.logged('finding')
      renameSync(`${roots}-away`, roots)
      await stage.botShows(olivia, direct, /^✓ .*Agents may work under/)
      await second.terminate()
      // Agents that are not installed here are a finding of their own.
      const told = (await stage.botMessages(olivia, direct))
        .filter(({ content }) => /no folder|work under/.test(content))
        .map(({ content }) => content.slice(0, 6))
      assert.deepEqual(told, ['⚠ Nobo', told[1] ?? ''])
      const others = isListed ? [bob] : [alice, bob]
      for (const other of others) assert.deepEqual(await stage.botMessages(other, await other.opensDm()), [])
    })
  }

  test('and what has to be mended otherwise is told in the channel for alerts, once, and so is its end', async () => {
    await using stage = await Stage.open({ timings: { checkAfterMs: 0, checkEveryMs: 1_000 } })
    const olivia = await stage.sandbox.actor('olivia')
    const work = olivia.place('work')
    const roots = dirname(stage.project)
    const nowhere = String(BigInt(work.id) + 1n)
    const alerts = { OMC_ALERTS_CHANNEL_ID: work.id }
    const first = await stage.startBot({ env: { ...alerts, OMC_AUDIT_CHANNEL_ID: nowhere } })
    await stage.botShows(olivia, work, `There is no channel ${nowhere} on the server`)
    renameSync(roots, `${roots}-away`)
    await stage.botShows(olivia, work, /There is no folder.*\nUntil then nobody can use me/s)
    await first.terminate()

    const second = await stage.startBot({ env: { ...alerts, OMC_AUDIT_CHANNEL_ID: work.id } })
    await second.logged('finding')
    renameSync(`${roots}-away`, roots)
    await stage.botShows(olivia, work, /^✓ .*Agents may work under/)
    await stage.botShows(olivia, work, /^✓ The audit channel is open/)
    await second.terminate()
    const told = (await stage.botMessages(olivia, work)).map(({ content }) => content)
    for (const about of [/no folder/, /work under/, /no channel/, /audit channel is open/])
      assert.equal(told.filter((text) => about.test(text)).length, 1, `${about.source}\n${told.join('\n')}`)
    const direct = await olivia.opensDm()
    const dms = (await stage.botMessages(olivia, direct)).map(({ content }) => content).join('\n')
    assert.doesNotMatch(dms, /audit/i, 'owners are not called for it')
  })

  test('a database that is damaged where nobody looks is told of once, and so is that it is whole again', async () => {
    await using stage = await Stage.open({ timings: { checkAfterMs: 0, checkEveryMs: 1_000, databaseAfterMs: 0 } })
    const olivia = await stage.sandbox.actor('olivia')
    const work = olivia.place('work')
    const env = { OMC_ALERTS_CHANNEL_ID: work.id }
    await (await stage.startBot({ env })).terminate()
    const path = join(stage.data, 'orchestrator.sqlite')
    const mend = damage(path)

    const second = await stage.startBot({ env })
    await stage.botShows(olivia, work, /The database is damaged: .*Stop the bot and restore a backup/s)
    const { findings } = (await second.health()) as unknown as { readonly findings: readonly Finding[] }
    const found = findings.find(({ id }) => id === 'database')
    assert.deepEqual([found?.level, found?.stopsAll], ['error', undefined], 'it can be used all the same')
    const reply = await (await olivia.runs('general', '/health')).settled()
    assert.match(JSON.stringify(reply), /The database is damaged/)
    await second.terminate()

    mend()
    const third = await stage.startBot({ env })
    await stage.botShows(olivia, work, /^✓ .*The database is sound/)
    // The folder's disk goes, and comes back.
    renameSync(path, `${path}.away`)
    await stage.botShows(olivia, work, /orchestrator\.sqlite is not the database any more that the bot works on/)
    assert.equal((await third.health())['ok'], false)
    renameSync(`${path}.away`, path)
    await stage.botShows(olivia, work, /^✓ .*the database any more/)
    await third.terminate()
    const told = (await stage.botMessages(olivia, work)).filter(({ content }) => /The database is/.test(content))
    assert.equal(told.length, 2, told.map(({ content }) => content).join('\n'))
  })
})
