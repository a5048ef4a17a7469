import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { History } from '../../src/core/chat.ts'
import type { Problem } from '../../src/core/failure.ts'
import { dialRules } from '../../src/discord/guard.ts'
import { hostClock } from '../../src/system/host.ts'
import { quickRules, Scene, until } from './scene.ts'

async function heard(scene: Scene, text: string): Promise<void> {
  await until(() => scene.inbox.story.includes(text), `“${text}”`)
}

describe('gateway', { concurrency: true }, () => {
  test('a dropped socket is resumed: nothing is missed, nothing has to be read again', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    await alice.says('general', 'before')
    await heard(scene, 'before')
    scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await alice.says('general', 'while away')
    await heard(scene, 'while away')
    await alice.says('general', 'after')
    await heard(scene, 'after')
    assert.deepEqual(scene.inbox.story, ['(gap)', 'before', 'while away', 'after'])
    assert.equal(scene.chat.identifies, 1)
  })

  test('a clock that is set is no silence of Discord: what is to be said is said at once', async () => {
    let ahead = 0
    const clock = { ...hostClock, now: () => hostClock.now() + ahead }
    await using scene = await Scene.open({ discord: { clock } })
    for (const hours of [2, -2, 4]) {
      ahead = hours * 3_600_000
      const { state, lastEventAgeMs } = scene.chat.state()
      assert.equal(state, 'ready')
      assert.ok(lastEventAgeMs !== null && lastEventAgeMs < 600_000, `${lastEventAgeMs} ms since the last event`)
    }
  })

  test('what comes before anybody listens waits, in its order, and is heard once', async () => {
    await using scene = await Scene.open({ closed: true })
    scene.chat.dial()
    await until(() => scene.chat.state().state === 'ready', 'the connection')
    const alice = await scene.sandbox.actor('alice')
    for (const text of ['early', 'second']) await alice.says('general', text)
    assert.deepEqual(scene.inbox.story, [])
    await scene.chat.open(scene.inbox)
    await alice.says('general', 'late')
    await heard(scene, 'late')
    assert.deepEqual(scene.inbox.story, ['(gap)', 'early', 'second', 'late'])
    assert.equal(scene.chat.identifies, 1)
  })

  test('when RESUME is refused the inbox hears of the gap before anything newer', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    await alice.says('general', 'before')
    await heard(scene, 'before')
    scene.sandbox.faults.add({ kind: 'gateway.refuseResume', times: 1 })
    scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await alice.says('general', 'in the gap')
    await until(() => scene.inbox.gaps === 2, 'the second gap')
    await alice.says('general', 'after')
    await heard(scene, 'after')
    assert.deepEqual(scene.inbox.story, ['(gap)', 'before', '(gap)', 'after'])
    const history = await scene.chat.history(scene.place('general'), scene.inbox.heard[0]?.id as never, 'asked')
    assert.deepEqual(
      (history as History).messages.map((message) => message.text),
      ['in the gap', 'after'],
    )
  })

  for (const how of ['again', 'closed', 'silent'] as const) {
    test(`a session that leads nowhere (${how}) is given up for a new one, and nobody is stormed`, async () => {
      await using scene = await Scene.open({ discord: { dialRules: { ...quickRules, resumedWithinMs: 500 } } })
      const alice = await scene.sandbox.actor('alice')
      await alice.says('general', 'before')
      await heard(scene, 'before')
      const refused = scene.sandbox.faults.add({ kind: 'gateway.refuseResume', how })
      scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
      await until(() => scene.inbox.gaps === 2, 'a new session')
      await alice.says('general', 'after')
      await heard(scene, 'after')
      assert.ok(refused.hits <= 3, `resumed ${refused.hits} times`)
      assert.equal(scene.chat.identifies, 2)
    })
  }

  test('while it is away the state says so', async () => {
    await using scene = await Scene.open()
    assert.equal(scene.chat.state().state, 'ready')
    assert.ok((scene.chat.state().lastEventAgeMs ?? Infinity) < 600_000)
    const fault = scene.sandbox.faults.add({ kind: 'gateway.refuseUpgrade' })
    scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await until(() => scene.chat.state().state === 'connecting', 'the loss to be noticed')
    fault.remove()
    await until(() => scene.chat.state().state === 'ready', 'the return')
  })

  test('a connection without heartbeat answers is given up for a new one', async () => {
    await using scene = await Scene.open({ sandbox: { heartbeatMs: 4000 } })
    const alice = await scene.sandbox.actor('alice')
    await until(() => scene.chat.state().ping !== null, 'a first heartbeat')
    const fault = scene.sandbox.faults.add({ kind: 'gateway.muteAcks' })
    await until(() => scene.chat.state().state === 'connecting', 'the silence to be noticed')
    fault.remove()
    await alice.says('general', 'still there?')
    await heard(scene, 'still there?')
    assert.equal(scene.chat.identifies, 1)
  })

  test('refused upgrades are not hammered: the pauses grow, and nobody identifies', async () => {
    const rules = { ...dialRules, firstPauseMs: 50, longestPauseMs: 5000 }
    await using scene = await Scene.open({ discord: { dialRules: rules } })
    const fault = scene.sandbox.faults.add({ kind: 'gateway.refuseUpgrade' })
    scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await fault.struck(4)
    // @discordjs/ws alone would dial twice a second, for ever.
    const pauses = scene.log.all('discord.dial-later').map((line) => Number(line['inMs']))
    assert.ok(pauses.length >= 2, `paused ${pauses.length} times`)
    assert.ok(
      pauses.every((pause, index) => index === 0 || pause >= (pauses[index - 1] ?? 0) * 0.9),
      pauses.join(', '),
    )
    assert.equal(scene.chat.identifies, 1)
    fault.remove()
    await until(() => scene.chat.state().state === 'ready', 'the return')
  })

  test('a bot that is thrown out right after it identified backs off', async () => {
    await using scene = await Scene.open({
      closed: true,
      discord: { dialRules: { ...dialRules, firstPauseMs: 4000, identifyEveryMs: 100, restingFromMs: 1000 } },
    })
    const fault = scene.sandbox.faults.add({ kind: 'gateway.refuseIdentify' })
    const opening = scene.chat.open(scene.inbox)
    opening.catch(() => {})
    // The third dial waits at least 2 s.
    await until(() => scene.chat.state().state === 'resting', 'the breaker')
    assert.ok(fault.hits <= 2, `identified ${fault.hits} times`)
    await scene.chat.close()
    await assert.rejects(opening)
  })

  test('near the daily limit of identifies it waits instead of losing its token', async () => {
    await using scene = await Scene.open({
      closed: true,
      discord: { dialRules: { ...dialRules, identifiesKept: 100_000 } },
    })
    const opening = scene.chat.open(scene.inbox)
    opening.catch(() => {})
    await until(() => scene.log.all('discord.identify-budget').length > 0, 'the warning')
    assert.equal(scene.chat.state().state, 'resting')
    assert.equal(scene.chat.identifies, 0)
    await scene.chat.close()
    await assert.rejects(opening, (error: Problem) => error.kind === 'wire')
  })

  test('a Discord that is not there yet is waited for; one that stays away ends the start with advice', async () => {
    await using scene = await Scene.open({ closed: true })
    const fault = scene.sandbox.faults.add({ kind: 'gateway.refuseUpgrade', times: 2 })
    scene.sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '/gateway/bot$', status: 502, times: 2 })
    await scene.chat.open(scene.inbox)
    assert.equal(fault.hits, 2)
    assert.equal(scene.chat.state().state, 'ready')
    assert.equal(scene.chat.identifies, 1)

    const nowhere = scene.another({ api: 'http://127.0.0.1:9/api', startWithinMs: 300 })
    await assert.rejects(nowhere.open(scene.inbox), (error: Problem) => {
      assert.equal(error.kind, 'wire')
      assert.match(error.message, /OMC_DISCORD_API/)
      return true
    })
    assert.equal(nowhere.state().state, 'closed')
  })

  test('a wrong token and a missing intent are refused with what to do', async () => {
    await using scene = await Scene.open({ closed: true, discord: { token: 'not-the-token' } })
    await assert.rejects(scene.chat.open(scene.inbox), (error: Problem) => {
      assert.equal(error.kind, 'refused')
      assert.match(error.message, /DISCORD_BOT_TOKEN/)
      assert.ok(!error.message.includes('not-the-token'))
      return true
    })

    await using blind = await Scene.open({ closed: true, sandbox: { world: { bot: { privilegedIntents: 0 } } } })
    await assert.rejects(blind.chat.open(blind.inbox), (error: Problem) => {
      assert.equal(error.kind, 'refused')
      assert.match(error.message, /Message Content Intent/)
      return true
    })
  })

  test('a READY that is not as it should be is good enough', async () => {
    await using scene = await Scene.open({ closed: true, lawless: true })
    const fields = ['guilds', 'resume_gateway_url']
    scene.sandbox.faults.add({ kind: 'gateway.nullFields', event: 'READY', fields, times: 1 })
    await scene.chat.open(scene.inbox)
    const alice = await scene.sandbox.actor('alice')
    await alice.says('general', 'hello')
    await heard(scene, 'hello')
    // Nothing is known of where to resume: it goes back to where it came from.
    scene.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await alice.says('general', 'while away')
    await heard(scene, 'while away')
    assert.equal(scene.chat.identifies, 1)
  })

  test('rubbish on the socket neither ends the process nor the connection', async () => {
    await using scene = await Scene.open({ lawless: true })
    const alice = await scene.sandbox.actor('alice')
    scene.sandbox.faults.add({ kind: 'gateway.nullFields', event: 'MESSAGE_CREATE', fields: ['author'], times: 1 })
    await alice.says('general', 'no author')
    scene.sandbox.faults.add({
      kind: 'gateway.nullFields',
      event: 'INTERACTION_CREATE',
      fields: ['channel', 'data', 'member'],
      times: 1,
    })
    await scene.chat.registered
    await alice.call('POST', '/channels/' + scene.place('general').id + '/typing')
    await alice.says('general', 'whole again')
    await heard(scene, 'whole again')
    assert.equal(scene.chat.identifies, 1)
  })
})
