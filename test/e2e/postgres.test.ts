import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { dataIdOf, endMarked } from '../../src/runtimes/engine/marker.ts'
import { noPostgres, startCluster, type Cluster } from '../stores/cluster.ts'
import { Stage } from './stage.ts'

describe('a bot on PostgreSQL', { skip: noPostgres() }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  test('one stands by and takes over from one that is killed, or stopped; a restart of the database is waited out', async () => {
    const env = { OMC_DATABASE_URL: await cluster.fresh() }
    await using stage = await Stage.open({ ownProcess: true, env, timings: { leadIdleMs: 15_000 } })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const place = await stage.session(olivia, 'shop')
    await olivia.says(place, '!say in the database')
    await stage.botShows(olivia, place, 'in the database')

    const second = stage.spawnBot({ ownProcess: true })
    await second.logged('standby.waiting')
    await olivia.says(place, '!say before\n!until killed\n!say after the kill')
    await stage.botShows(olivia, place, 'before')
    await first.kill()
    await second.logged('app.started')
    stage.opens('killed')
    await stage.botShows(olivia, place, 'after the kill')

    await olivia.says(place, '!say as it was\n!until restarted\n!say after the restart')
    await stage.botShows(olivia, place, 'as it was')
    await cluster.stop()
    stage.opens('restarted')
    await second.logged('lead.cut-off')
    await cluster.start()
    await stage.botShows(olivia, place, 'after the restart')
    await second.logged('lead.kept')

    const third = stage.spawnBot({ ownProcess: true })
    await third.logged('standby.waiting')
    await olivia.says(place, '!say still here\n!until stopped\n!say after the stop')
    await stage.botShows(olivia, place, 'still here')
    process.kill(second.pid, 'SIGSTOP')
    await third.logged('app.started')
    stage.opens('stopped')
    await stage.botShows(olivia, place, 'after the stop')
    // It could have woken up as the leader it was no more.
    await second.died()

    const said = (await stage.botMessages(olivia, place)).map(({ content }) => content)
    for (const words of ['in the database', 'after the kill', 'after the restart', 'after the stop'])
      assert.equal(said.filter((each) => each.includes(words)).length, 1, `${words}: ${JSON.stringify(said)}`)
    assert.equal(await third.terminate(), 0)

    // By hand to another machine, when this one has died with its agents: the data folder is brought there, and the bot started.
    await endMarked(dataIdOf(join(stage.data, 'spools')), () => true, 0)
    const elsewhere = join(stage.home, 'elsewhere')
    cpSync(stage.data, elsewhere, { recursive: true })
    const fourth = await stage.startBot({ env: { OMC_DATA_DIR: elsewhere } })
    await olivia.says(place, '!say from elsewhere')
    await stage.botShows(olivia, place, 'from elsewhere')
    const exported = await (await olivia.runs(place, '/session export', {})).settled()
    assert.equal(exported.attachments.length, 1, 'what was said before came along')
    await assert.rejects(stage.startBot(), /has been started on another copy of the data folder/)
    await (await olivia.runs(place, '/session stop', {})).settled()
    assert.equal(await fourth.terminate(), 0)
  })
})
