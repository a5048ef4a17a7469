import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { asked, decided } from './approving.ts'
import { running, Stage, until } from './stage.ts'

/** The whole bot, not as root, on a machine that can box: agents see their session and nothing else. */
describe('sessions in boxes', { concurrency: 2 }, () => {
  test('what an agent reads, where it is, and what it leaves: the secrets of the machine are not there', async () => {
    await using stage = await Stage.open({ env: { OMC_BOX: 'required' } })
    const secret = join(stage.home, 'secret.txt')
    writeFileSync(secret, 'planted words')
    mkdirSync(join(stage.home, '.nvm'))
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
    assert.match(health.content, /BOX.*PATHS=.*\/\.nvm/, 'what agents do not see is offered')
  })

  test('what is approved is done in the session’s folder, and nowhere else', async () => {
    await using stage = await Stage.open({ env: { OMC_BOX: 'required' } })
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

  test('killed when a stop is kept: the next life ends what the agent had started, and the session goes on', async () => {
    await using stage = await Stage.open({ ownProcess: true, env: { OMC_BOX: 'required' } })
    const first = await stage.startBot({ dieAt: 'run-stopped' })
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'shop', 'echo')
    await alice.says(thread, '!daemon 86471\n!say served')
    await stage.botShows(alice, thread, 'served')
    await alice.says(thread, '!until never the first words and the last')
    await stage.botShows(alice, thread, 'the first words')
    const serving = (): boolean => running('sleep 86471') > 0
    assert.ok(serving(), 'the control: it outlives its turn')
    await alice.runs(thread, '/cancel')
    await first.died()
    assert.ok(serving(), 'and the bot')
    await stage.startBot()
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    assert.ok(!serving())
    await alice.says(thread, '!recall')
    await stage.botShows(alice, thread, 'Before this you said: !until never')
  })

  test('kill -9 of the bot: the box lives on, and the next life hears it to its end', async () => {
    await using stage = await Stage.open({ ownProcess: true, env: { OMC_BOX: 'required' } })
    const first = await stage.startBot()
    const alice = await stage.sandbox.actor('alice')
    const thread = await stage.session(alice, 'shop', 'echo')
    // Its streams are its own as well: closed to the next life, they would keep that from starting at all.
    const closing = '!run chmod 000 /proc/$PPID/fd/0 /proc/$PPID/fd/1 /proc/$PPID/fd/2'
    await alice.says(thread, `${closing}\n!until held the first words and the last`)
    await stage.botShows(alice, thread, 'the first words')
    assert.equal(closed(stage).length, 3)
    await first.kill()
    stage.opens('held')
    await stage.startBot()
    await stage.botShows(alice, thread, 'the first words and the last')
    await (await alice.runs(thread, '/session stop')).settled()
    assert.deepEqual(readdirSync(join(stage.data, 'boxes')), [], 'its box goes with the session')
    assert.equal(readdirSync(join(stage.data, 'spools')).filter((name) => name.length === 36).length, 0)
  })
})

/** Streams of agents that nobody may open. */
function closed({ data }: Stage): readonly string[] {
  const spools = readdirSync(join(data, 'spools')).filter((name) => name.length === 36)
  const streams = spools.flatMap((name) =>
    ['stdin', 'stdout', 'stderr'].map((each) => join(data, 'spools', name, each)),
  )
  return streams.filter((path) => (statSync(path).mode & 0o777) === 0)
}
