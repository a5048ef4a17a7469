import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Actor } from 'loopback-discord'
import { idOf } from './approving.ts'
import { Scene } from './scene.ts'
import { assertSaidOnce, mayNotManageThreads, own, reopen, shown, shut } from './shutting.ts'
import { Stage, until } from './stage.ts'

/** A place takes nothing of ours for a while: it is kept, said when it can be, and somebody is told when it lasts. */

const words = 'alpha beta gamma delta epsilon zeta eta theta omega'
const timings = { growEveryMs: 100, cardEveryMs: 100, silentForMs: 500, closedAgainAfterMs: 200 }

/** What the bot has written to somebody directly, once there is as much. */
async function direct(stage: Stage, actor: Actor, count: number): Promise<readonly string[]> {
  const place = await actor.opensDm()
  return until(() => {
    const said = own(stage, place).map(({ content }) => content)
    return said.length >= count ? said : null
  })
}

/** Waits until so many prompts have been asked, and everything about them is said. */
async function said(scene: Scene, count: number): Promise<void> {
  await until(() => scene.runs === count)
  await scene.settled()
}

describe('a place that is closed for now', { concurrency: 2 }, () => {
  test('a thread that is locked in mid-answer and opened again has the whole answer, in the same message', async () => {
    await using scene = await Scene.open({ timings: { ...timings, closedAgainAfterMs: 60_000 } })
    mayNotManageThreads(scene.stage)
    await scene.says(`!until locked ${words}`)
    const growing = await scene.grows('beta')
    await scene.olivia.archives(scene.thread, true)
    scene.opens('locked')
    await until(() => scene.stage.query("select 1 from runs where state <> 'over'").length === 0)
    assert.doesNotMatch(shown(scene.stage, scene.thread), /omega/)
    // At once, by the event: by its back-off it would not be tried for a minute.
    await scene.olivia.call('PATCH', `/channels/${scene.thread.id}`, { archived: false, locked: false })
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, words)
    assert.equal(own(scene.stage, scene.thread)[0]?.id, growing.id)
  })

  test('a channel that the bot may not write in gets everything when it may, in order and once; no other place waits', async () => {
    await using scene = await Scene.open({ timings: { ...timings, closedAgainAfterMs: 60_000 } })
    await shut(scene.stage, scene.olivia, 'general')
    for (const nth of ['first', 'second', 'third']) await scene.says(`!say the ${nth} of three`)
    await until(() => scene.stage.query("select 1 from runs where state = 'over'").length === 3)
    assert.deepEqual(own(scene.stage, scene.thread), [])
    const work = await scene.olivia.opensThread('work', 'elsewhere')
    await (await scene.olivia.runs(work, '/session start', { name: 'elsewhere', runtime: 'echo' })).settled()
    await scene.olivia.says(work, '!say the bot is well')
    await scene.stage.botShows(scene.olivia, work, 'the bot is well')
    await reopen(scene.stage, scene.olivia, 'general')
    await scene.settled()
    for (const nth of ['first', 'second', 'third']) assertSaidOnce(scene.stage, scene.thread, `the ${nth} of three`)
  })

  test('a bot that starts anew tries at once', async () => {
    const slow = { ...timings, closedAgainAfterMs: 60_000 }
    await using scene = await Scene.open({ timings: slow, ownProcess: true })
    await shut(scene.stage, scene.olivia, 'general')
    await scene.says(`!say ${words}`)
    await until(() => scene.stage.query('select 1 from messages where closed_since is not null').length === 1)
    await scene.bot.kill()
    await reopen(scene.stage, scene.olivia, 'general')
    scene.bot = await scene.stage.startBot()
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, words)
  })

  for (const [status, code] of [
    [403, 50_001],
    [403, 50_013],
    [403, 99_999],
    [403, 0],
    [404, 99_999],
    [404, 0],
  ] as const) {
    test(`${status} with code ${code} is a no for now: posts and edits are made again`, async () => {
      await using scene = await Scene.open({ timings: { ...timings, tryAgainAfterMs: [50] } })
      const no = { kind: 'rest.error', status, code, times: 3 } as const
      const post = scene.breaks({ ...no, method: 'POST', path: '/messages$' })
      await scene.says(`!say ${words} after a post`)
      await said(scene, 1)
      assert.equal(post.hits, 3)
      assertSaidOnce(scene.stage, scene.thread, `${words} after a post`)
      await scene.says(`!until edited ${words} after an edit`)
      await scene.grows('after an')
      const edit = scene.breaks({ ...no, method: 'PATCH', path: String.raw`/messages/\d+$` })
      scene.opens('edited')
      await said(scene, 2)
      assert.equal(edit.hits, 3)
      assertSaidOnce(scene.stage, scene.thread, `${words} after an edit`)
      assert.equal(own(scene.stage, scene.thread).length, 2)
    })
  }

  test('Discord’s own trouble that lasts is told of in the same way, and the answer comes when it is over', async () => {
    const quick = { ...timings, tellClosedAfterMs: 400, tryAgainAfterMs: [20] }
    await using scene = await Scene.open({ timings: quick })
    const path = `^/channels/${scene.thread.id}/messages$`
    const trouble = scene.breaks({ kind: 'rest.error', method: 'POST', path, status: 503, code: 0, times: 1000 })
    await scene.says(`!say ${words}`)
    const told = await direct(scene.stage, scene.olivia, 1)
    assert.match(told[0] ?? '', /\*\*shop\*\* is ready/)
    trouble.remove()
    await said(scene, 1)
    assertSaidOnce(scene.stage, scene.thread, words)
    assert.equal((await direct(scene.stage, scene.olivia, 1)).length, 1)
  })

  test('when it lasts, the speaker is told once in a direct message, and the answer still comes', async () => {
    await using scene = await Scene.open({ timings: { ...timings, tellClosedAfterMs: 800 }, ownProcess: true })
    await shut(scene.stage, scene.olivia, 'general')
    await scene.says(`!say ${words}`)
    await scene.says('!say and another')
    await until(() => scene.runs === 2)
    const told = await direct(scene.stage, scene.olivia, 1)
    assert.match(told[0] ?? '', /\*\*shop\*\* is ready; <#\d+> is closed to me/)
    // The word about the first may be out before the second was tried.
    await until(async () => (await scene.bot.health())['closedMessages'] === 2)
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    await reopen(scene.stage, scene.olivia, 'general')
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, words)
    assertSaidOnce(scene.stage, scene.thread, 'and another')
    assert.equal((await direct(scene.stage, scene.olivia, 1)).length, 1, 'told once')
    assert.equal((await scene.bot.health())['closedMessages'], 0)
  })

  test('for who takes no direct messages, an owner is told', async () => {
    await using stage = await Stage.open({ timings: { ...timings, tellClosedAfterMs: 500 } })
    await stage.startBot({ env: { OMC_OWNER_USER_ID: idOf(stage, 'olivia') } })
    for (const user of stage.sandbox.world.users.values()) user.acceptsDms = user.username !== 'alice'
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const thread = await stage.session(olivia, 'shop')
    await shut(stage, olivia, 'general')
    await alice.says(thread, `!say ${words}`)
    const [told] = await direct(stage, olivia, 1)
    assert.match(told ?? '', /\*\*shop\*\* is ready; <#\d+> is closed to me/)
    await reopen(stage, olivia, 'general')
    await until(() => stage.query("select 1 from messages where settled = 0 and owner not like 'board:%'").length === 0)
    assertSaidOnce(stage, thread, words)
  })
})
