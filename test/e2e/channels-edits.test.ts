import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'
import { until, type StageOptions } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** A session at work, so that what is asked now waits. */
async function busy(options: StageOptions = {}): Promise<Scene> {
  const scene = await Scene.open(options)
  await scene.says('!until go the one at work takes its time')
  await scene.grows('the one')
  return scene
}

function waiting(scene: Scene): number {
  return scene.stage.query("select 1 from runs where state = 'waiting'").length
}

/** Waits until so many prompts wait. */
async function waits(scene: Scene, count: number): Promise<void> {
  await until(() => waiting(scene) === count, patienceMs, `${count} waiting prompts`)
}

/** Waits until so many edits have been taken over. */
async function reworded(scene: Scene, count: number): Promise<void> {
  const edits = (): number => scene.stage.query("select 1 from run_events where type = 'reworded'").length
  await until(() => edits() === count, patienceMs, `${count} edits`)
}

describe('a message whose prompt waits', { concurrency: true }, () => {
  test('is edited: the agent is asked what it says now, and only once', async () => {
    await using scene = await busy()
    const message = await scene.says('!say the first thought')
    await waits(scene, 1)
    await scene.olivia.edits(message, '!say the better thought')
    await reworded(scene, 1)
    scene.opens('go')
    await scene.answered('the better thought')
    assert.ok(!scene.standing().includes('first thought'))
    assert.equal(scene.runs, 2)
  })

  test('is deleted: it is taken back, alone or with others', async () => {
    await using scene = await busy()
    const one = await scene.says('!say never one')
    const two = await scene.says('!say never two')
    const three = await scene.says('!say never three')
    await scene.says('!say but this')
    await waits(scene, 4)
    await scene.olivia.deletes(one)
    await scene.olivia.call('POST', `/channels/${scene.thread.id}/messages/bulk-delete`, {
      messages: [two.id, three.id],
    })
    await waits(scene, 1)
    scene.opens('go')
    await scene.answered('but this')
    assert.ok(!scene.standing().includes('never'))
    const stopped = scene.stage.query<{ json: string }>("select json from run_events where type = 'stopped'")
    assert.deepEqual(
      stopped.map(({ json }) => (JSON.parse(json) as { by: string }).by),
      ['olivia', 'olivia', 'olivia'],
    )
  })

  test('is edited twice, then begins: what is edited afterwards changes nothing, and its author is told once', async () => {
    await using scene = await busy()
    const message = await scene.says('!say draft one')
    await waits(scene, 1)
    await scene.olivia.edits(message, '!say draft two')
    await scene.olivia.edits(message, '!until end draft three is what counts')
    await reworded(scene, 2)
    const first = await scene.olivia.sees(scene.thread, '!until go the one')
    await scene.olivia.edits(first, '!until go: The one at work takes its time.')
    scene.opens('go')
    await scene.grows('draft three')
    await scene.olivia.edits(message, '!say draft four')
    const late = /I had begun when you edited this/
    await scene.olivia.sees(scene.thread, late)
    await scene.olivia.edits(message, '!say draft five')
    await scene.olivia.deletes(message)
    await scene.says('!say behind both')
    await waits(scene, 1)
    scene.opens('end')
    await scene.answered('draft three is what counts')
    const told = (await scene.stage.botMessages(scene.olivia, scene.thread)).filter(({ content }) => late.test(content))
    assert.equal(told.length, 1, 'once, and not for the signs of another')
    assert.equal(scene.stage.query("select 1 from run_events where type = 'reworded'").length, 2)
    assert.equal(scene.stage.query("select 1 from run_events where type = 'stopped'").length, 0)
  })

  test('is edited or deleted while the bot is down: it is looked at again before it begins', async () => {
    await using scene = await busy({ ownProcess: true })
    const edited = await scene.says('!say old words')
    const deleted = await scene.says('!say deleted words')
    const left = await scene.says('!say untouched words')
    await waits(scene, 3)
    await scene.bot.kill()
    for (const pid of await scene.stage.agents()) process.kill(pid, 'SIGKILL')
    scene.opens('go')
    await scene.olivia.edits(edited, '!say new words')
    await scene.olivia.deletes(deleted)
    scene.bot = await scene.stage.startBot()
    await scene.answered('new words')
    await scene.answered('untouched words')
    assert.ok(left.id !== '')
    assert.ok(!/(old|deleted) words/.test(scene.standing()), scene.standing())
  })

  test('cannot be looked at again: it begins all the same, after a while', async () => {
    await using scene = await busy({ ownProcess: true, timings: { lookWithinMs: 500 } })
    const message = await scene.says('!say cannot be read')
    await waits(scene, 1)
    await scene.bot.kill()
    scene.opens('go')
    scene.breaks({ kind: 'rest.error', method: 'GET', path: `^/channels/\\d+/messages/${message.id}$`, status: 500 })
    scene.bot = await scene.stage.startBot()
    await scene.answered('cannot be read')
  })
})
