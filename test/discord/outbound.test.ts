import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { MessageFlags, type APIMessage } from 'discord-api-types/v10'
import { textOf } from 'loopback-discord'
import type { History } from '../../src/core/chat.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { MessageId, PersonId } from '../../src/core/ids.ts'
import { plain } from '../../src/core/markdown.ts'
import type { Place } from '../../src/core/place.ts'
import { drawing, nonce, Scene, sheetSaying, until, viewAfter } from './scene.ts'

const silent = { replyTo: null, mention: null }

function rendering(scene: Scene, text: string) {
  return sheetSaying(scene.chat, scene.place('general'), text)
}

async function posts(scene: Scene, text: string, place = scene.place('general')): Promise<MessageId> {
  const message = await scene.chat.post(place, rendering(scene, text), { ...silent, nonce: nonce() })
  assert.match(message, /^\d+$/, `posting gave ${message}`)
  return message as MessageId
}

describe('outbound', { concurrency: 4 }, () => {
  test('everything but the done line is silent, and nobody is pinged by an answer', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const asked = await alice.says('general', 'hi')
    const text = `@everyone <@${alice.id}> look`
    const message = await scene.chat.post(scene.place('general'), rendering(scene, text), {
      nonce: nonce(),
      replyTo: asked.id as MessageId,
      mention: null,
    })
    const seen = await alice.call<{ flags: number; mentions: unknown[]; mention_everyone: boolean; content: string }>(
      'GET',
      `/channels/${asked.channelId}/messages/${message}`,
    )
    assert.equal(seen.content, text)
    assert.equal(seen.flags & 4096, 4096)
    assert.deepEqual(seen.mentions, [])
    assert.equal(seen.mention_everyone, false)
  })

  test('the nonce is forgotten after a while: then the message is found by looking', async () => {
    await using scene = await Scene.open()
    const place = scene.place('general')
    const since = Date.now()
    const mine = rendering(scene, 'still here')
    const message = await scene.chat.post(place, mine, { ...silent, nonce: nonce() })
    // It stands there without its secret.
    const hiding = scene.chat.note(plain(`by ${['ghp', 'aB3dE5gH7jK9mN2pQ4sT6vW8yZ0cF1xR5tU7'].join('_')} they said`))
    const second = await scene.chat.post(place, hiding, { ...silent, nonce: nonce() })
    const alice = await scene.sandbox.actor('alice')
    for (let count = 0; count < 120; count++) await alice.says('general', `chatter ${count}`)
    assert.equal(await scene.chat.find(place, mine, since, []), message)
    assert.equal(await scene.chat.find(place, hiding, since, []), second)
  })

  test('history is read page by page, oldest first, with the roles people have now', async () => {
    await using scene = await Scene.open()
    const olivia = await scene.sandbox.actor('olivia')
    const first = await olivia.says('general', 'first')
    for (let count = 1; count <= 250; count++) {
      if (count % 50 === 0) await posts(scene, `mine ${count}`)
      await olivia.says('general', `message ${count}`)
    }
    const history = await scene.chat.history(scene.place('general'), first.id as MessageId, 'asked')
    assert.notEqual(history, 'gone')
    assert.deepEqual(
      (history as History).messages.map((message) => message.text),
      Array.from({ length: 250 }, (_, index) => `message ${index + 1}`),
    )
    const [one] = (history as History).messages
    assert.equal(one?.author.name, 'olivia')
    assert.deepEqual(one?.author.roles, [scene.owner])
  })

  test('history that cannot be read now rejects instead of giving half of it', async () => {
    await using scene = await Scene.open()
    scene.sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '/messages$', status: 500 })
    await assert.rejects(scene.chat.history(scene.place('general'), '1' as MessageId, 'asked'), /could not be read/)
  })

  test('a 429 with headers is obeyed and logged, and the message is posted once', async () => {
    await using scene = await Scene.open()
    const fault = scene.sandbox.faults.add({
      kind: 'rest.limit',
      method: 'POST',
      path: '/messages$',
      retryAfter: 1,
      times: 1,
    })
    const begun = performance.now()
    await posts(scene, 'after the limit')
    assert.equal(fault.hits, 1)
    // Timers count whole milliseconds.
    assert.ok(performance.now() - begun > 998)
    const [line] = scene.log.all('discord.rate-limited')
    assert.equal(line?.['retryAfterS'], 1)
    assert.equal(line?.['scope'], 'user')
  })

  test('a 429 without headers, or with a page of HTML, is waited out instead of being hammered', async () => {
    await using scene = await Scene.open()
    for (const html of [false, true]) {
      const fault = scene.sandbox.faults.add({
        kind: 'rest.limit',
        method: 'POST',
        path: '/messages$',
        headers: false,
        html,
        retryAfter: 0.5,
        times: 1,
      })
      const begun = performance.now()
      await posts(scene, `after a bare limit, html ${html}`)
      assert.equal(fault.hits, 1)
      const tookMs = performance.now() - begun
      assert.ok(tookMs > 498, `came back after ${tookMs} ms`)
    }
    assert.equal(scene.log.all('discord.rate-limited').length, 2)
  })

  test('a limited channel keeps its order and holds up no other', async () => {
    await using scene = await Scene.open()
    const { chat } = scene
    const [general, work] = [scene.place('general'), scene.place('work')]
    scene.sandbox.faults.add({
      kind: 'rest.limit',
      method: 'POST',
      path: `${general.id}/messages$`,
      retryAfter: 1,
      times: 1,
    })
    const finished: string[] = []
    const say = async (place: Place, text: string): Promise<void> => {
      assert.match(await chat.post(place, rendering(scene, text), { ...silent, nonce: nonce() }), /^\d+$/)
      finished.push(text)
    }
    await Promise.all([
      say(general, 'slow one'),
      say(general, 'slow two'),
      say(work, 'quick one'),
      say(work, 'quick two'),
    ])
    assert.deepEqual(finished, ['quick one', 'quick two', 'slow one', 'slow two'])
  })

  test('a limit of minutes is answered with later at once, and the channel is left alone meanwhile', async () => {
    await using scene = await Scene.open()
    const { chat, sandbox } = scene
    const place = scene.place('general')
    const fault = sandbox.faults.add({
      kind: 'rest.limit',
      method: 'POST',
      path: `${place.id}/messages$`,
      retryAfter: 280,
      scope: 'shared',
    })
    const attempt = () => chat.post(place, rendering(scene, 'not now'), { ...silent, nonce: nonce() })
    assert.equal(await attempt(), 'later')
    assert.equal(await attempt(), 'later')
    assert.equal(fault.hits, 1)
  })

  test('a 500 and a broken connection are tried again; the post stands once although its answer was lost', async () => {
    await using scene = await Scene.open()
    const { faults } = scene.sandbox
    const alice = await scene.sandbox.actor('alice')
    faults.add({ kind: 'rest.error', method: 'POST', path: '/messages$', status: 500, times: 1 })
    await posts(scene, 'after a 500')
    faults.add({ kind: 'rest.drop', method: 'POST', path: '/messages$', when: 'after', times: 1 })
    await posts(scene, 'after a lost answer')
    const mine = (await alice.messages('general')).filter((message) => message.author.id === scene.sandbox.bot.id)
    assert.deepEqual(
      mine.map((message) => message.content),
      ['after a 500', 'after a lost answer'],
    )
  })

  test('an edit of an archived thread wakes it up; of a locked one is given up', async () => {
    await using scene = await Scene.open()
    const { chat } = scene
    const olivia = await scene.sandbox.actor('olivia')
    const seen = await olivia.opensThread('general', 'shop')
    const thread = scene.thread(seen)
    const message = await posts(scene, 'before sleep', thread)
    await olivia.archives(seen)
    assert.equal(await chat.edit(thread, message, rendering(scene, 'awake again')), 'edited')
    await olivia.sees(seen, 'awake again')
    await olivia.archives(seen, true)
    assert.equal(await chat.edit(thread, message, rendering(scene, 'locked in')), 'closed')
  })

  test('what may not be edited any more is too old, not gone', async () => {
    const started = Date.now()
    const time = { now: () => Date.now() + (Date.now() - started > 0 ? shift : 0) }
    let shift = 0
    await using scene = await Scene.open({ sandbox: { clock: time, limits: 'real' } })
    const message = await posts(scene, 'an old story')
    shift = 2 * 3_600_000
    const outcomes: string[] = []
    for (let count = 0; count < 6; count++) {
      outcomes.push(await scene.chat.edit(scene.place('general'), message, rendering(scene, `edit ${count}`)))
      if (outcomes.includes('too-old')) break
    }
    assert.ok(outcomes.includes('too-old'), outcomes.join(', '))
  })

  test('a place without the right to write is closed, not looped on', async () => {
    await using scene = await Scene.open({
      sandbox: {
        world: {
          guild: {
            channels: ['general', { name: 'secret', hiddenFromBot: true }, { name: 'quiet', deny: ['SendMessages'] }],
          },
        },
      },
    })
    for (const name of ['secret', 'quiet']) {
      const outcome = await scene.chat.post(scene.place(name), rendering(scene, 'hello'), { ...silent, nonce: nonce() })
      assert.equal(outcome, 'closed', name)
    }
  })

  test('the done line is a reply that rings the phone of the person answered, and of nobody else', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const asked = await alice.says('general', 'hi')
    const place = scene.place('general')
    const view = viewAfter(place, [
      { type: 'admitted', account: 'default' as never },
      { type: 'started', pid: 1, warm: false, conversation: null },
      { type: 'said', block: 'a', text: 'the answer', whole: true },
      { at: 40_000, event: { type: 'finished', outcome: { kind: 'done', usage: noUsage } } },
    ])
    const renderings = scene.chat.draw(drawing(view))
    assert.deepEqual(
      renderings.map((each) => each.rings),
      [false, true],
    )
    for (const each of renderings) {
      const mention = each.rings ? (alice.id as PersonId) : null
      await scene.chat.post(place, each, { nonce: nonce(), replyTo: asked.id as MessageId, mention })
    }
    const [line, answer] = await alice.call<{ flags: number; mentions: { id: string }[] }[]>(
      'GET',
      `/channels/${place.id}/messages?limit=2`,
    )
    assert.equal((line?.flags ?? 0) & 4096, 0)
    assert.deepEqual(
      line?.mentions.map((each) => each.id),
      [alice.id],
    )
    assert.deepEqual(answer?.mentions, [])
  })

  test('an answer to a message that was deleted meanwhile is posted all the same', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const asked = await alice.says('general', 'never mind')
    await alice.deletes(asked)
    const options = { nonce: nonce(), replyTo: asked.id as MessageId, mention: null }
    assert.match(await scene.chat.post(scene.place('general'), rendering(scene, 'here it is'), options), /^\d+$/)
  })

  test('the rest of a very long answer hangs on its last message as a file', async () => {
    await using scene = await Scene.open()
    const place = scene.place('general')
    const alice = await scene.sandbox.actor('alice')
    const text = Array.from({ length: 60 }, (_, index) => `Line ${index}: ${'word '.repeat(60)}`).join('\n')
    const told: RunEvent[] = [
      { type: 'admitted', account: 'default' as never },
      { type: 'started', pid: 1, warm: false, conversation: null },
      { type: 'said', block: 'a', text, whole: true },
    ]
    const growing = scene.chat.draw(drawing(viewAfter(place, told))).at(-1)
    const over = scene.chat
      .draw(drawing(viewAfter(place, [...told, { type: 'finished', outcome: { kind: 'done', usage: noUsage } }])))
      .at(-1)
    assert.ok(growing !== undefined && over !== undefined)
    const message = await scene.chat.post(place, growing, { ...silent, nonce: nonce() })
    assert.equal(await scene.chat.edit(place, message as MessageId, over), 'edited')
    const seen = await alice.call<{ attachments: { url: string; filename: string }[] }>(
      'GET',
      `/channels/${place.id}/messages/${message}`,
    )
    assert.deepEqual(
      seen.attachments.map((file) => file.filename),
      ['answer.md'],
    )
    const file = await (await fetch(seen.attachments[0]?.url ?? '')).text()
    assert.ok(text.endsWith(file) && file.length > 5000)
  })

  test('what stands alone is a panel; one that was posted by an earlier version becomes one by an edit', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const place = scene.place('general')
    const board = scene.chat.board('**Board**\nNothing runs.')
    const looks = async (message: string) => alice.call<APIMessage>('GET', `/channels/${place.id}/messages/${message}`)
    const since = Date.now()
    const message = await scene.chat.post(place, board, { ...silent, nonce: nonce() })
    const posted = await looks(message)
    assert.equal((posted.flags ?? 0) & MessageFlags.IsComponentsV2, MessageFlags.IsComponentsV2)
    assert.equal(textOf({ content: posted.content, components: posted.components ?? [] }), board.text)
    assert.equal(await scene.chat.find(place, board, since, []), message)

    const former = await posts(scene, 'an old look')
    assert.equal(await scene.chat.edit(place, former, board), 'edited')
    const upgraded = await looks(former)
    assert.equal(upgraded.content, '')
    assert.deepEqual(upgraded.embeds, [])
    assert.equal(textOf({ content: upgraded.content, components: upgraded.components ?? [] }), board.text)
  })

  test('typing shows, and trouble with it is nobody else’s', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    await scene.chat.typing(scene.place('general'))
    await alice.seesTyping('general')
    scene.sandbox.faults.add({ kind: 'rest.error', method: 'POST', path: '/typing$', status: 500, times: 1 })
    const failed = until(() => scene.log.all('discord.typing-failed').length > 0, 'the log line')
    const over = failed.then(() => true)
    // Alice sees it before Discord has answered, and until then nothing is typed again.
    while (!(await Promise.race([over, setTimeout(20, false)]))) await scene.chat.typing(scene.place('general'))
  })
})
