import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** What the bot finds when it comes back after a longer while. */

describe('what the bot finds when it comes back', { concurrency: true }, () => {
  test('more was written meanwhile than one reading takes: the last prompt is found as well', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop')
    await first.kill()
    await olivia.says(thread, '!say the first in the dark')
    for (let nth = 0; nth < 450; nth++) await bob.says(thread, `talk ${nth}`)
    await olivia.says(thread, '!say the last in the dark')
    await stage.startBot()
    await stage.botShows(olivia, thread, 'the first in the dark')
    await stage.botShows(olivia, thread, 'the last in the dark')
    assert.equal(stage.query('select 1 from runs').length, 2)
  })

  test('a thread was deleted meanwhile: its session is over, its agent ends, its name is free', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const other = await stage.session(olivia, 'other')
    await olivia.says(thread, '!until never this is never to be seen')
    await stage.botShows(olivia, thread, 'never')
    const agents = await stage.agents()
    await first.kill()
    await olivia.call('DELETE', `/channels/${thread.id}`)
    await stage.startBot()
    // The other session's agent is ready for its first prompt, and stays.
    const gone = async (): Promise<boolean> => {
      const left = await stage.agents()
      return agents.length - agents.filter((pid) => left.includes(pid)).length === 1
    }
    await until(gone, patienceMs, 'the end of the agent')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    assert.deepEqual(stage.query('select name from omc_sessions where ended_at is null').length, 1)
    await stage.session(olivia, 'shop')
    await olivia.says(other, '!say the others are well')
    await stage.botShows(olivia, other, 'the others are well')
  })
})
