import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { asked, decided } from './approving.ts'
import { Stage } from './stage.ts'

/** The whole bot, not as root, on a machine that can box: agents see their session and nothing else. */
describe('sessions in boxes', { concurrency: 2 }, () => {
  test('what an agent reads, where it is, and what it leaves: the secrets of the machine are not there', async () => {
    await using stage = await Stage.open()
    const secret = join(stage.home, 'secret.txt')
    writeFileSync(secret, 'planted words')
    await stage.startBot()
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'shop', 'echo')
    await alice.says(thread, `!read ${secret}`)
    await stage.botShows(alice, thread, 'There is no such file.')
    await alice.says(thread, `!read ${join(stage.project, 'README.md')}`)
    await stage.botShows(alice, thread, '# Shop')
    await alice.says(thread, '!env')
    const told = await stage.botShows(alice, thread, /HOME=\/home\/agent/)
    assert.doesNotMatch(told.content, /DISCORD|DATABASE/)
    const health = await (await alice.runs(thread, '/health')).settled()
    assert.match(health.content, /Agents live in boxes/)
  })

  test('what is approved is done in the session’s folder, and nowhere else', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'shop', 'echo', stage.project)
    const [inside, outside] = [join(stage.project, 'made.txt'), join(stage.home, 'made.txt')]
    for (const path of [inside, outside]) {
      await alice.says(thread, `!change ${path} | something`)
      const ask = await asked(alice, thread, path === inside ? 'made.txt' : stage.home)
      await alice.clicks(ask, 'Approve')
      await decided(alice, ask, 'Approved')
    }
    await alice.says(thread, '!say that was all')
    await stage.botShows(alice, thread, 'that was all')
    assert.deepEqual([existsSync(inside), existsSync(outside)], [true, false])
  })

  test('kill -9 of the bot: the box lives on, and the next life hears it to its end', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot()
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'shop', 'echo')
    await alice.says(thread, '!until held the first words and the last')
    await stage.botShows(alice, thread, 'the first words')
    await first.kill()
    stage.opens('held')
    await stage.startBot()
    await stage.botShows(alice, thread, 'the first words and the last')
    await (await alice.runs(thread, '/session stop')).settled()
    assert.deepEqual(readdirSync(join(stage.data, 'boxes')), [], 'its box goes with the session')
    assert.equal(readdirSync(join(stage.data, 'spools')).filter((name) => name.length === 36).length, 0)
  })
})
