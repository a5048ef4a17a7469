import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Timings } from '../../src/core/timings.ts'
import { asked } from './approving.ts'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

const team = { OMC_MAX_ACTIVE_CLIS: '20', OMC_MAX_QUEUED_SESSIONS: '50', OMC_PER_USER_MAX_QUEUED: '50' }
const env = { ...team, OMC_PER_USER_MAX_ACTIVE: '20' }
/** As people get it. */
const timings = { growEveryMs: 300, cardEveryMs: 1000 }
const words = 'one two three four five six seven eight nine ten'

/** A scene whose Discord counts, once the commands are there: it takes few of them in a minute. */
async function limited(limits: 'real' | 'sliding', waits: Partial<Timings> = timings): Promise<Scene> {
  const scene = await Scene.open({ env, timings: waits })
  scene.stage.sandbox.limits.mode = limits
  return scene
}

describe('pace under Discord’s limits', { concurrency: true }, () => {
  for (const limits of ['real', 'sliding'] as const) {
    test(`ten prompts in one thread, a board and a question: no 429, ${limits} windows`, async () => {
      await using scene = await limited(limits)
      const { stage, olivia, thread } = scene
      await olivia.runs('general', '/board')
      const names = Array.from({ length: 10 }, (_, index) => `answer-${index}`)
      for (const name of names) await scene.says(`!slow 0.4s ${name} ${words}`)
      await scene.says('!ask Bash rm -rf build')
      const question = await asked(olivia, thread, 'rm -rf build')
      await olivia.clicks(question, 'Approve')
      for (const name of names) await stage.botShows(olivia, thread, new RegExp(`${name} ${words}`))
      await scene.settled()
      await stage.botShows(olivia, thread, 'Done: rm -rf build')
      assert.deepEqual(scene.traffic.limited, [])
    })

    test(`three sessions at work in one channel's threads and one long answer: no 429, ${limits} windows`, async () => {
      await using scene = await limited(limits)
      const { stage, olivia } = scene
      const others = [await stage.session(olivia, 'till'), await stage.session(olivia, 'depot')]
      await scene.says(`!slow 6s long ${words.repeat(4)}`)
      for (const place of others) await olivia.says(place, `!slow 1s short ${words}`)
      for (const place of others) await stage.botShows(olivia, place, `short ${words}`)
      await stage.botShows(olivia, scene.thread, `long ${words.repeat(4)}`)
      await scene.settled()
      assert.deepEqual(scene.traffic.limited, [])
    })
  }

  test('an end stands before words that only grow: a short answer is whole in two requests, and a prompt reads nothing', async () => {
    // What only grows or counts would come after the story is over, and an end that waited for it as well.
    const never = 600_000
    await using scene = await limited('real', { growEveryMs: never, cardEveryMs: never, silentForMs: never })
    await scene.says(`!say ${words}`)
    const answer = await scene.answered(words)
    await until(() => scene.stage.query('select 1 from messages where settled = 0').length === 0, patienceMs)
    const route = new RegExp(`/channels/${scene.thread.id}/messages(/${answer.id})?$`)
    assert.ok(scene.traffic.count('POST', route) === 1 && scene.traffic.count('PATCH', route) <= 1)
    // What was said there before and what it hangs on was read when its session began.
    const read = (path: string): number => scene.traffic.count('GET', new RegExp(path))
    assert.equal(read(`/channels/${scene.thread.id}/messages$`), 1)
    assert.equal(read(`/channels/\\d+/messages/${scene.thread.id}$`), 1)
  })
})
