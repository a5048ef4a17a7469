import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'

/** What goes wrong on the socket that Discord tells on: nothing lost, nothing twice, no storm. */

const words = 'alpha beta gamma delta epsilon zeta eta theta omega'

describe('trouble on the gateway', { concurrency: true }, () => {
  test('the socket drops in the middle of an answer: resumed, and the same message goes on growing', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until heard ${words}`)
    const growing = await scene.grows('beta')
    assert.equal(scene.breaks({ kind: 'gateway.disconnect' }).hits, 1)
    // Said while nobody listened: the resumed session brings it.
    await scene.says('!say said into the gap')
    scene.opens('heard')
    const answer = await scene.answered(words)
    assert.equal(answer.id, growing.id)
    await scene.answered('said into the gap')
    assert.equal(scene.traffic.dispatches.get('RESUMED'), 1)
    scene.assertSound({ identifies: 1, requests: 30 })
  })

  test('RESUME is refused: what was said meanwhile is read, and the answer goes on', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until refused ${words}`)
    await scene.grows('beta')
    const refused = scene.breaks({ kind: 'gateway.refuseResume', times: 1 })
    scene.breaks({ kind: 'gateway.disconnect' })
    await scene.says('!say said into the gap')
    await refused.struck()
    scene.opens('refused')
    await scene.answered(words)
    await scene.answered('said into the gap')
    assert.equal(scene.traffic.dispatches.get('READY'), 2)
    assert.equal(scene.runs, 2)
    scene.assertSound({ identifies: 2, requests: 40 })
  })

  test('a new session after messages that never came: they are read, answered once and in order', async () => {
    await using scene = await Scene.open()
    // The first message of a place makes the bot read back, and would bring the others with it.
    await scene.says('!say the first word')
    await scene.answered('the first word')
    const lost = scene.breaks({ kind: 'gateway.lose', event: 'MESSAGE_CREATE', times: 2 })
    await scene.says('!say the first that never came')
    await scene.says('!say the second that never came')
    await lost.struck(2)
    await scene.says('!say the one that came')
    await scene.answered('the one that came')
    assert.equal(scene.runs, 2, 'what never came is not known yet')
    scene.breaks({ kind: 'gateway.invalidate', resumable: false })
    await scene.answered('the first that never came')
    await scene.answered('the second that never came')
    const said = scene.stage.query<{ json: string }>("select json from run_events where type = 'said' order by seq")
    assert.match(said.map(({ json }) => json).join(), /the first that never came.*the second that never came/)
    assert.equal(scene.runs, 4)
    scene.assertSound({ identifies: 2, requests: 40 })
  })

  test('every event comes twice: each prompt is answered once, each command done once', async () => {
    await using scene = await Scene.open()
    const doubled = scene.breaks({ kind: 'gateway.duplicate' })
    for (const nth of ['first', 'second', 'third']) await scene.says(`!say the ${nth} of three`)
    for (const nth of ['first', 'second', 'third']) await scene.answered(`the ${nth} of three`)
    const other = await scene.olivia.opensThread('general', 'other')
    const started = await scene.olivia.runs(other, '/session start', { name: 'other', runtime: 'echo' })
    assert.match((await started.settled()).content, /other/)
    assert.equal(scene.stage.query('select 1 from omc_sessions').length, 2)
    await scene.says('!until never this is never to be finished')
    const growing = await scene.grows('never')
    assert.equal((await scene.olivia.clicks(growing, 'Stop')).failed, false)
    await scene.settled()
    assert.equal(scene.stage.query("select 1 from run_events where type = 'stopped'").length, 1)
    const replies = (await scene.stage.botMessages(scene.olivia, other)).map((message) => message.content)
    assert.deepEqual(
      replies.map((text) => text.startsWith('**other**')),
      [true],
      `started once, told once:\n${replies.join('\n')}`,
    )
    assert.equal(scene.runs, 4)
    assert.ok(doubled.hits > 10, `${doubled.hits} events came twice`)
    const callbacks = scene.traffic.requests.filter(({ path }) => path.endsWith('/callback'))
    assert.ok(callbacks.length >= 3)
    assert.ok(
      callbacks.every(({ status }) => status === 204),
      'none is acknowledged twice',
    )
    // A resumed session repeats what was heard already, too.
    scene.breaks({ kind: 'gateway.invalidate', resumable: true })
    await scene.says('!say after all that')
    await scene.answered('after all that')
    assert.equal(scene.runs, 5)
    scene.assertSound({ identifies: 2, requests: 60 })
  })

  test('events come out of order: each prompt is answered once, and none is missed after a restart', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const swapped = scene.breaks({ kind: 'gateway.reorder', event: 'MESSAGE_CREATE' })
    const texts = Array.from({ length: 8 }, (_, nth) => `prompt ${nth} of the eight`)
    // Five may wait, one is at work: the person waits for some answers before the rest.
    for (const text of texts.slice(0, 4)) await scene.says(`!say ${text}`)
    for (const text of texts.slice(0, 4)) await scene.answered(text)
    for (const text of texts.slice(4)) await scene.says(`!say ${text}`)
    for (const text of texts.slice(4)) await scene.answered(text)
    assert.ok(swapped.hits >= 4, `${swapped.hits} came late`)
    swapped.remove()
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    await scene.says('!say after the restart')
    await scene.answered('after the restart')
    assert.equal(scene.runs, 9)
    // A card of what waits is taken away and posted anew where the words before it came late.
    const moved = scene.traffic.count('DELETE', /\/messages\/\d+$/)
    assert.equal(scene.traffic.posted.length - moved, 9)
    scene.assertSound({ identifies: 1, requests: 90 })
  })

  test('a session that is thrown out again and again dials with growing pauses', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until back ${words}`)
    await scene.grows('beta')
    const refused = scene.breaks({ kind: 'gateway.refuseUpgrade', times: 4 })
    scene.breaks({ kind: 'gateway.disconnect' })
    await refused.struck(4)
    const later = scene.bot.log.filter((line) => line['msg'] === 'discord.dial-later')
    const pauses = later.map((line) => Number(line['inMs']))
    assert.ok(pauses.length >= 3, pauses.join())
    assert.deepEqual(
      pauses,
      pauses.toSorted((a, b) => a - b),
      'each at least as long as the one before',
    )
    scene.opens('back')
    await scene.says('!say through all that')
    await scene.answered(words)
    await scene.answered('through all that')
    scene.assertSound({ identifies: 2, requests: 40 })
  })
})
