import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf, type Message, type SeenPlace } from 'loopback-discord'
import { own, reopen, shut } from './shutting.ts'
import { Stage, until } from './stage.ts'

/** Words that belong to no run, and messages that are to go: whatever Discord says first, once and for all. */

const timings = { closedAgainAfterMs: 200, tryAgainAfterMs: [50] }

function saying(stage: Stage, place: SeenPlace, what: RegExp): readonly Message[] {
  return own(stage, place).filter((message) => what.test(textOf(message)))
}

describe('a word that belongs to no run', { concurrency: true }, () => {
  for (const [status, code, times, what] of [
    [400, 50_035, 1, /I only read messages/],
    [400, 50_006, 3, /something here that Discord refused/],
    [400, 123_456, 4, /I only read messages/],
    [403, 50_013, 3, /I only read messages/],
    [404, 99_999, 3, /I only read messages/],
    [500, 0, 5, /I only read messages/],
  ] as const) {
    test(`${status} with code ${code}, ${times} times: it is said once`, async () => {
      await using stage = await Stage.open({ timings })
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const general = olivia.place('general')
      const path = `^/channels/${general.id}/messages$`
      const fault = stage.sandbox.faults.add({ kind: 'rest.error', status, code, method: 'POST', path, times })
      await (await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })).settled()
      await until(() => saying(stage, general, what).length > 0)
      await until(() => stage.query('select 1 from messages where settled = 0').length === 0)
      assert.equal(fault.hits, times)
      assert.equal(own(stage, general).length, 1)
    })
  }

  test('in a channel that is closed it waits, over a restart too', async () => {
    await using stage = await Stage.open({ timings: { ...timings, closedAgainAfterMs: 60_000 }, ownProcess: true })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    await shut(stage, olivia, 'general')
    await (await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    await until(() => stage.query('select 1 from messages where closed_since is not null').length === 1)
    await first.kill()
    await stage.startBot()
    await reopen(stage, olivia, 'general')
    await until(() => stage.query('select 1 from messages where settled = 0').length === 0)
    assert.equal(saying(stage, olivia.place('general'), /I only read messages/).length, 1)
  })
})

describe('a message that is to go', { concurrency: true }, () => {
  for (const [status, code] of [
    [400, 123_456],
    [403, 50_013],
    [404, 99_999],
    [503, 0],
  ] as const) {
    test(`${status} with code ${code}: it goes when it can, and what follows it comes then`, async () => {
      await using stage = await Stage.open({ timings })
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const general = olivia.place('general')
      const put = async () => (await olivia.runs('general', '/board')).settled()
      await put()
      const boards = () => saying(stage, general, /\*\*Board\*\*/)
      const first = await until(() => boards()[0] ?? null)
      const fault = stage.sandbox.faults.add({ kind: 'rest.error', status, code, method: 'DELETE', times: 3 })
      await put()
      await fault.struck(3)
      await until(() => boards().length === 1 && boards()[0]?.id !== first.id)
    })
  }
})
