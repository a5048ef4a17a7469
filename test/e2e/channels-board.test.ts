import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { textOf, type Message, type SeenMessage } from 'loopback-discord'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** The boards that stand in #general. */
function boards(scene: Scene): readonly Message[] {
  const { world, bot } = scene.stage.sandbox
  const { id } = scene.olivia.place('general')
  return [...world.history(id).values()].filter(
    (message) => message.authorId === bot.id && /\*\*Board\*\*/.test(textOf(message)),
  )
}

async function putUp(scene: Scene, place = 'general'): Promise<SeenMessage> {
  const outcome = await scene.olivia.runs(place, '/board')
  return outcome.settled()
}

/** Waits until the one board shows something. */
async function shows(scene: Scene, what: RegExp): Promise<Message> {
  return until(() => boards(scene).find((board) => what.test(textOf(board))) ?? null, patienceMs, String(what))
}

describe('the board of a channel', { concurrency: true }, () => {
  test('shows what runs and waits there, is pinned, and is edited seldom', async () => {
    // Often enough for the test, and seldom enough to be counted.
    const boardEveryMs = 1000
    await using scene = await Scene.open({ timings: { boardEveryMs } })
    const began = performance.now()
    const told = await putUp(scene)
    assert.ok(told.ephemeral)
    const first = await shows(scene, /Nothing runs/)
    assert.notEqual(first.pinnedAt, null)
    const working = await scene.says('!until shown one two three four five six')
    const waiting = await scene.says('!say the second')
    const busy = await shows(scene, /Working[^]*Waiting/)
    const content = textOf(busy)
    assert.equal(busy.id, first.id)
    assert.match(
      content,
      new RegExp(`● \\*\\*shop\\*\\* · Working · @olivia · .*<#${scene.thread.id}>.*/${working.id}\\)`),
    )
    assert.match(content, new RegExp(`Waiting.*/${waiting.id}\\)`))
    scene.opens('shown')
    await scene.answered('the second')
    await shows(scene, /Nothing runs/)
    const edits = scene.traffic.count('PATCH', new RegExp(`/channels/\\d+/messages/${first.id}$`))
    const most = 1 + Math.floor((performance.now() - began) / boardEveryMs)
    assert.ok(edits <= most, `${edits} edits where ${most} may be`)
  })

  test('is moved by /board, stays through kills, and is forgotten when somebody deletes it', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    await putUp(scene)
    const first = await shows(scene, /Nothing runs/)
    await putUp(scene)
    const [second, ...others] = boards(scene)
    assert.ok(second !== undefined && second.id !== first.id)
    assert.deepEqual(others, [])
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    await scene.says('!until deleted after the kill it is kept')
    assert.equal((await shows(scene, /Working/)).id, second.id)
    await scene.olivia.deletes({ id: second.id, channelId: second.channelId })
    await until(() => scene.stage.query('select 1 from boards').length === 0, patienceMs, 'the board to be forgotten')
    scene.opens('deleted')
    await scene.answered('after the kill it is kept')
    assert.deepEqual(boards(scene), [])
  })

  test('stands once when the bot is killed between posting it and knowing it', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    const { id } = scene.olivia.place('general')
    const held = scene.breaks({ kind: 'rest.hold', method: 'POST', path: `^/channels/${id}/messages$` })
    void scene.olivia.runs('general', '/board').catch(() => undefined)
    await held.struck()
    await until(() => boards(scene).length === 1, patienceMs, 'the board')
    await scene.bot.kill()
    held.remove()
    scene.bot = await scene.stage.startBot()
    await until(
      () => scene.stage.query("select 1 from messages where owner like 'board:%' and message is not null").length === 1,
    )
    assert.equal(boards(scene).length, 1)
    assert.notEqual(boards(scene)[0]?.pinnedAt, null)
  })

  test('stands unpinned where pinning is not allowed, and is not for everybody to put up', async () => {
    await using scene = await Scene.open()
    const { world, bot } = scene.stage.sandbox
    const channel = world.channel(scene.olivia.place('general').id)
    channel.overwrites.push({ id: bot.id, type: 1, allow: 0n, deny: PermissionFlagsBits.PinMessages })
    const told = await putUp(scene)
    assert.match(told.content, /The board stands/)
    assert.equal((await shows(scene, /Nothing runs/)).pinnedAt, null)
    const bob = await scene.stage.sandbox.actor('bob')
    const refused = await (await bob.runs('work', '/board')).settled()
    assert.ok(refused.ephemeral)
    assert.equal(scene.stage.query('select 1 from boards').length, 1)
  })

  test('of a thread is that of its channel; an edit that Discord limits comes later', async () => {
    await using scene = await Scene.open()
    await (await scene.olivia.runs(scene.thread, '/board')).settled()
    await shows(scene, /Nothing runs/)
    const limited = scene.breaks({
      kind: 'rest.limit',
      method: 'PATCH',
      path: `^/channels/${scene.olivia.place('general').id}/`,
      times: 1,
      retryAfter: 1,
    })
    await scene.says('!until never one two three four five six')
    await limited.struck()
    await shows(scene, /Working/)
  })
})
