import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import type { FaultAsked } from 'loopback-discord'
import { Scene, isWhole } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** Everything that goes wrong between the bot and Discord: nothing lost, nothing twice, no storm. */

const words = 'alpha beta gamma delta epsilon zeta eta theta omega'
const messages = '/channels/\\d+/messages(/\\d+)?$'

describe('trouble between the bot and Discord', { concurrency: true }, () => {
  const limits: readonly (readonly [string, FaultAsked & { kind: 'rest.limit' }])[] = [
    ['of the user', { kind: 'rest.limit', scope: 'user' }],
    ['of the user, without headers', { kind: 'rest.limit', scope: 'user', headers: false }],
    ['shared', { kind: 'rest.limit', scope: 'shared' }],
    ['global', { kind: 'rest.limit', scope: 'global' }],
    ['of the edge, in HTML', { kind: 'rest.limit', html: true }],
    ['of the edge, in HTML without headers', { kind: 'rest.limit', html: true, headers: false }],
  ]

  test('a limit of any kind is waited out, and the answer comes once', async () => {
    await using scene = await Scene.open()
    let count = 0
    for (const [name, limit] of limits) {
      for (const method of ['POST', 'PATCH'] as const) {
        const text = `${method} under a limit ${name}: ${words}`
        const gate = `limit-${++count}`
        const from = scene.traffic.requests.length
        const fault = scene.breaks({ ...limit, method, path: messages, times: 1, retryAfter: 0.3 })
        await scene.says(method === 'POST' ? `!say ${text}` : `!until ${gate} ${text}`)
        // Grown, and so to be edited.
        if (method === 'PATCH') await scene.grows(`${text.slice(0, -words.length)}alpha`)
        scene.opens(gate)
        await scene.answered(text)
        assert.equal(fault.hits, 1, `${method} met the limit ${name}`)
        const mine = scene.traffic.requests.slice(from)
        const at = mine.findIndex(({ status }) => status === 429)
        const next = mine
          .slice(at + 1)
          .find((each) => (limit.scope === 'global' ? !each.path.includes('/interactions/') : each.method === method))
        const waited = (next?.at ?? 0) - (mine[at]?.at ?? 0)
        assert.ok(waited >= 280, `the limit ${name} was obeyed: asked again after ${waited} ms`)
        assert.ok(mine.length <= 12, `${mine.length} requests`)
      }
    }
    scene.assertSound({ identifies: 1, requests: 140 })
  })

  test('Discord fails for a while: the answer comes complete and once', async () => {
    await using scene = await Scene.open()
    for (const [status, method] of [
      [500, 'POST'],
      [502, 'PATCH'],
      [503, 'POST'],
    ] as const) {
      const fault = scene.breaks({ kind: 'rest.error', status, method, path: messages, times: 3 })
      await scene.says(`!until after-${status} ${status} then ${words}`)
      await scene.grows(`${status} then alpha`)
      scene.opens(`after-${status}`)
      await scene.answered(`${status} then ${words}`)
      assert.equal(fault.hits, 3)
    }
    assert.equal(scene.traffic.posted.length, 3)
    scene.assertSound({ identifies: 1, requests: 60 })
  })

  test('what comes back is no answer of Discord: the answer stands whole and once, and nobody is taken for gone', async () => {
    await using scene = await Scene.open({ timings: { standingForMs: 0 } })
    const page = { body: '<html>Log in to this network</html>', type: 'text/html' }
    const odd = [
      { status: 302, ...page },
      { status: 200, effect: true },
      { status: 202, effect: true },
      { status: 200, ...page },
    ]
    for (const [nth, each] of odd.entries()) {
      for (const method of ['POST', 'PATCH'] as const) {
        const text = `${method} number ${nth}: ${words}`
        const fault = scene.breaks({ kind: 'rest.odd', method, path: messages, times: 2, ...each })
        await scene.says(`!until odd-${method}-${nth} ${text}`)
        await scene.grows(`${method} number ${nth}: alpha`)
        scene.opens(`odd-${method}-${nth}`)
        await scene.answered(text)
        assert.equal(fault.hits, 2)
      }
    }
    // Whoever has waited is looked at again before their prompt begins.
    await scene.says('!until before first, then another')
    await scene.says('!say by somebody who is still here')
    await scene.grows('first,')
    const unread = scene.breaks({ kind: 'rest.odd', method: 'GET', path: '/members/\\d+$', times: 2 })
    scene.opens('before')
    await scene.answered('by somebody who is still here')
    assert.equal(unread.hits, 2)
    assert.equal(scene.traffic.posted.length, 10)
    scene.assertSound({ identifies: 1, requests: 140 })
  })

  test('Discord fails for longer than a call is tried: delivery goes on until it is said', async () => {
    await using scene = await Scene.open()
    const fault = scene.breaks({ kind: 'rest.error', method: 'POST', path: messages, times: 6 })
    await scene.says(`!say ${words}`)
    await scene.answered(words)
    assert.equal(fault.hits, 6)
    assert.equal(scene.traffic.posted.length, 1)
    scene.assertSound({ identifies: 1, requests: 20 })
  })

  test('connections break before and after the effect: nothing stands there twice', async () => {
    await using scene = await Scene.open()
    for (const when of ['before', 'after'] as const) {
      for (const method of ['POST', 'PATCH'] as const) {
        const fault = scene.breaks({ kind: 'rest.drop', when, method, path: messages, times: 2 })
        const gate = `${method}-${when}`
        await scene.says(`!until ${gate} ${method} broken ${when} ${words}`)
        await scene.grows(`${method} broken ${when} alpha`)
        scene.opens(gate)
        await scene.answered(`${method} broken ${when} ${words}`)
        assert.equal(fault.hits, 2)
      }
    }
    assert.equal(scene.stage.query('select distinct message from messages').length, 4)
    scene.assertSound({ identifies: 1, requests: 60 })
  })

  test('Discord answers late, and once not at all: nothing stands there twice', async () => {
    await using scene = await Scene.open({ timings: { answerWithinMs: 2000 } })
    const slow = scene.breaks({ kind: 'rest.hold', path: messages, ms: 700, times: 3 })
    await scene.says(`!until slow slowly ${words}`)
    await scene.grows('slowly alpha')
    scene.opens('slow')
    await scene.answered(`slowly ${words}`)
    assert.ok(slow.hits >= 2)
    slow.remove()
    const never = scene.breaks({ kind: 'rest.hold', method: 'POST', path: messages, times: 1 })
    await scene.says(`!say unanswered ${words}`)
    await never.struck()
    await scene.answered(`unanswered ${words}`)
    assert.equal(scene.traffic.posted.length, 2)
    scene.assertSound({ identifies: 1, requests: 30 })
  })

  test('a thread that was archived in the middle of an answer wakes up, and nothing is lost', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until archived ${words}`)
    const growing = await scene.grows('beta')
    await scene.olivia.archives(scene.thread)
    scene.opens('archived')
    const answer = await scene.answered(words)
    assert.equal(answer.id, growing.id)
    await scene.olivia.archives(scene.thread)
    await scene.says('!say in the thread that slept')
    await scene.answered('in the thread that slept')
    assert.ok(scene.traffic.count('PATCH', new RegExp(`^/channels/${scene.thread.id}$`)) >= 1, 'the bot woke it')
    scene.assertSound({ identifies: 1, requests: 30 })
  })

  test('a thread that was locked in the middle of an answer is not stormed, and nothing else waits for it', async () => {
    await using scene = await Scene.open()
    mayNotManageThreads(scene)
    await scene.says(`!until locked ${words}`)
    await scene.grows('beta')
    await scene.olivia.archives(scene.thread, true)
    scene.opens('locked')
    await until(() => scene.stage.query("select 1 from runs where state <> 'over'").length === 0)
    const { length } = scene.traffic.requests
    await scene.olivia.says('general', 'nothing for the bot')
    const other = await scene.olivia.opensThread('general', 'elsewhere')
    const started = await scene.olivia.runs(other, '/session start', { name: 'elsewhere', runtime: 'echo' })
    await started.settled()
    await scene.olivia.says(other, '!say the bot is well')
    await scene.stage.botShows(scene.olivia, other, 'the bot is well')
    const after = scene.traffic.requests.slice(length).filter(({ path }) => path.includes(scene.thread.id))
    assert.ok(after.length <= 12, `${after.length} requests for the locked thread`)
    assert.equal(scene.standing().split('alpha').length - 1, 1, 'what it had said stands there as it was')
    scene.assertCalm({ identifies: 1, requests: 40 })
  })

  test('a thread that was deleted in the middle of an answer is let go of, and its agent ends', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until never ${words}`)
    await scene.grows('alpha')
    assert.equal((await scene.stage.agents()).length, 1)
    await scene.olivia.call('DELETE', `/channels/${scene.thread.id}`)
    await until(async () => (await scene.stage.agents()).length === 0, patienceMs, 'the end of the agent')
    await scene.settled()
    assert.equal(scene.stage.query('select 1 from omc_sessions where ended_at is null').length, 0)
    assert.equal(scene.stage.query("select 1 from runs where state <> 'over'").length, 0)
    scene.assertSound({ identifies: 1, requests: 20 })
  })

  test('an answer that somebody deletes while it grows comes again, once', async () => {
    await using scene = await Scene.open()
    await scene.says(`!until deleted ${words}`)
    const growing = await scene.grows('beta')
    await scene.olivia.deletes(growing)
    scene.opens('deleted')
    const again = await scene.answered(words)
    assert.notEqual(again.id, growing.id)
    assert.equal(scene.traffic.posted.length, 2)
    // After its end nothing brings it back: it was said, and somebody wanted it gone.
    await scene.olivia.deletes(again)
    await scene.says('!say the next one')
    await scene.answered('the next one')
    assert.equal(scene.standing().includes('omega'), false)
    scene.assertSound({ identifies: 1, requests: 30 })
  })

  test('a prompt that was deleted before the bot read it: nothing is lost, nothing comes twice, nothing storms', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    // The event comes after the message has gone.
    const late = scene.breaks({ kind: 'gateway.delay', event: 'MESSAGE_CREATE', ms: 700, times: 1 })
    const gone = await scene.says('!say asked and taken back')
    await late.struck()
    await scene.olivia.deletes(gone)
    await scene.says('!say asked and left')
    await scene.answered('asked and left')
    // It may have come by now, or not yet.
    await until(() => scene.runs === 2)
    await scene.settled()
    // While it waits, a deletion takes a prompt back; one that has begun by then is answered. Either is said, and once.
    const takenBack = scene.stage.query("select 1 from run_events where type = 'stopped'").length === 1
    assert.equal(scene.standing().split('asked and taken back').length - 1, takenBack ? 0 : 1)
    // Written and deleted while the bot was away: it is not there to be read, and what stands around it is.
    await scene.bot.kill()
    await scene.says('!say before the gap')
    const unread = await scene.says('!say never read')
    await scene.says('!say behind the gap')
    await scene.olivia.deletes(unread)
    scene.bot = await scene.stage.startBot()
    await scene.answered('before the gap')
    await scene.answered('behind the gap')
    assert.equal(scene.runs, 4)
    assert.equal(scene.standing().includes('never read'), false)
    scene.assertSound({ identifies: 1, requests: 50 })
  })

  test('an unread message that stays last is read once, however often the bot comes back', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    await scene.bot.kill()
    const unread = await scene.says('!say never read')
    await scene.olivia.deletes(unread)
    for (let life = 0; life < 3; life++) {
      scene.bot = await scene.stage.startBot({ ownProcess: true })
      await scene.bot.logged('catch-up.read')
      await scene.bot.kill()
    }
    scene.bot = await scene.stage.startBot()
    await scene.says('!say the only prompt')
    const answer = await scene.answered('the only prompt')
    assert.ok(isWhole(answer, 'the only prompt'))
    assert.equal(scene.runs, 1)
    assert.equal(scene.traffic.posted.length, 1)
    assert.ok(scene.traffic.count('GET', /\/messages$/) <= 5)
    scene.assertSound({ identifies: 1, requests: 50 })
  })
})

/** As invited by somebody careful: locked threads are closed to the bot then. */
function mayNotManageThreads(scene: Scene): void {
  for (const guild of scene.stage.sandbox.world.guilds.values()) {
    for (const role of guild.roles.values()) role.permissions &= ~PermissionFlagsBits.ManageThreads
  }
}
