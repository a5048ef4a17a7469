import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { assertSaidOnce, own, shown } from './shutting.ts'

/** Discord refuses what the bot says: it is said plainer, once, and nothing stands there for ever as it was. */

const words = 'alpha beta gamma delta epsilon zeta eta theta omega'
const posts = { method: 'POST', path: '/messages$' } as const
const edits = { method: 'PATCH', path: String.raw`/messages/\d+$` } as const
/** Invalid form body, an empty message, and one that nobody has heard of. */
const codes = [50_035, 50_006, 123_456]
const timings = { growEveryMs: 100, cardEveryMs: 100, silentForMs: 500, closedAgainAfterMs: 200 }

/** Waits until so many prompts have been asked, and everything about them is said. */
async function said(scene: Scene, count: number): Promise<void> {
  await until(() => scene.runs === count)
  await scene.settled()
}

describe('what Discord refuses', { concurrency: 2 }, () => {
  test('a post that is refused is said plainer: its words, then a file, then one sentence', async () => {
    await using scene = await Scene.open({ timings })
    for (const [nth, code] of codes.entries()) {
      const text = `${words} post ${nth}`
      const fault = scene.breaks({ kind: 'rest.error', status: 400, code, ...posts, times: nth + 1 })
      await scene.says(`!say ${text}`)
      await said(scene, nth + 1)
      assert.equal(fault.hits, nth + 1)
      // Three times refused, not even the file was taken: the sentence stands for what cannot be shown.
      if (nth === 2) assert.match(shown(scene.stage, scene.thread), /something here that Discord refused/)
      else assertSaidOnce(scene.stage, scene.thread, text)
    }
    assert.equal(own(scene.stage, scene.thread).length, codes.length)
  })

  test('what is refused in every form is tried again, slowly, and said when it is taken', async () => {
    await using scene = await Scene.open({ timings })
    const fault = scene.breaks({ kind: 'rest.error', status: 400, code: 50_035, ...posts, times: 13 })
    await scene.says(`!say ${words}`)
    await fault.struck(4)
    assert.equal(own(scene.stage, scene.thread).length, 0)
    await scene.settled()
    assert.equal(fault.hits, 13)
    assertSaidOnce(scene.stage, scene.thread, words)
  })

  test('an edit that is refused is made plainer in the same message: nothing goes on working, nothing comes twice', async () => {
    await using scene = await Scene.open({ timings })
    for (const [nth, code] of codes.entries()) {
      const text = `edit${nth} ${words}`
      await scene.says(`!until end${nth} ${text}`)
      const growing = await scene.grows(`edit${nth}`)
      const fault = scene.breaks({ kind: 'rest.error', status: 400, code, ...edits, times: nth + 1 })
      scene.opens(`end${nth}`)
      await fault.struck(nth + 1)
      await scene.settled()
      // Refused as drawn, in words and as a file: the sentence stands for it, unless a tick of the card was refused first.
      const isSentence = nth === 2 && /something here that Discord refused/.test(shown(scene.stage, scene.thread))
      if (!isSentence) assertSaidOnce(scene.stage, scene.thread, text)
      assert.doesNotMatch(shown(scene.stage, scene.thread), /Working/)
      assert.equal(own(scene.stage, scene.thread)[nth]?.id, growing.id, 'the same message')
    }
  })

  test('when no edit at all is taken, what stands is taken away and said anew', async () => {
    await using scene = await Scene.open({ timings })
    await scene.says(`!until end ${words}`)
    const growing = await scene.grows('alpha')
    scene.breaks({ kind: 'rest.error', status: 400, code: 50_035, ...edits })
    scene.opens('end')
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, words)
    assert.notEqual(own(scene.stage, scene.thread)[0]?.id, growing.id)
    assert.equal(own(scene.stage, scene.thread).length, 1, shown(scene.stage, scene.thread))
  })

  test('a bot that is killed in the middle of it goes on where it was', async () => {
    await using scene = await Scene.open({ timings, ownProcess: true })
    await scene.says(`!until end ${words}`)
    await scene.grows('alpha')
    const fault = scene.breaks({ kind: 'rest.error', status: 400, code: 50_035, ...edits })
    scene.opens('end')
    await fault.struck(2)
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, words)
  })
})
