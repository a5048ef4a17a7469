import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageId, PersonId, PlaceId } from '../../src/core/ids.ts'
import { noMeter, type Meter } from '../../src/core/meter.ts'
import { Scene, until } from './scene.ts'

const rooms = Array.from({ length: 70 }, (_, nth) => `room-${nth}`)
const world = { guild: { channels: ['general', ...rooms], people: [{ name: 'olivia', owner: true }] } }

/** How often each kind of call was made. */
class Tally {
  readonly calls: string[] = []
  readonly meter: Meter = {
    ...noMeter,
    count: (_name, labels) =>
      void this.calls.push((labels as Readonly<Record<string, string>> | undefined)?.['call'] ?? ''),
  }

  of(call: string): number {
    return this.calls.filter((each) => each === call).length
  }
}

describe('what is read from Discord', { concurrency: true }, () => {
  for (const limits of ['real', 'sliding'] as const)
    test(`seventy places at once, and what is written meanwhile: nothing is refused, ${limits} windows`, async () => {
      await using scene = await Scene.open({ sandbox: { world } })
      const { chat, sandbox } = scene
      await chat.registered
      sandbox.limits.mode = limits
      const reads = rooms.map((room) => chat.history(scene.place(room), '1' as MessageId, 'many'))
      const posts = rooms.slice(0, 10).map((room, nth) => {
        const words = { nonce: `n${nth}`, replyTo: null, mention: null }
        return chat.post(scene.place(room), chat.note(`meanwhile ${nth}`), words)
      })
      assert.ok((await Promise.all(posts)).every((posted) => /^\d+$/.test(posted)))
      await Promise.all(reads)
      assert.deepEqual(sandbox.limits.refusals, { user: 0, shared: 0, global: 0 })
      assert.deepEqual(scene.log.all('discord.rate-limited'), [])
    })

  test('whoever asks for the same person at once shares a read that begins after they asked', async () => {
    const tally = new Tally()
    await using scene = await Scene.open({ discord: { meter: tally.meter } })
    const { chat } = scene
    const who = (await scene.sandbox.actor('minji')).id as PersonId
    const roles = Array.from({ length: 20 }, () => chat.rolesOf(who, scene.place('general')))
    assert.deepEqual(
      await Promise.all(roles),
      Array.from({ length: 20 }, () => [scene.owner]),
    )
    assert.equal(tally.of('GET /guilds/:id/members/:id'), 2)
    assert.deepEqual(await chat.rolesOf(who, scene.place('general')), [scene.owner])
    assert.equal(tally.of('GET /guilds/:id/members/:id'), 3)
  })

  test('a thread that the gateway told of is not asked for, to know who sees it; one that is no more is', async () => {
    const tally = new Tally()
    await using scene = await Scene.open({ discord: { meter: tally.meter } })
    const { chat } = scene
    const [olivia, alice] = [await scene.sandbox.actor('olivia'), await scene.sandbox.actor('alice')]
    const who = alice.id as PersonId
    const opened = [await olivia.opensThread('general', 'one'), await olivia.opensThread('general', 'two')]
    for (const thread of opened) await olivia.says(thread, 'hello')
    await until(() => scene.inbox.heard.length === 2, 'what is said there')
    const sees = (places: readonly { readonly id: string }[]): Promise<boolean[]> =>
      Promise.all(places.map(({ id }) => chat.sees(who, id as PlaceId)))
    assert.deepEqual(await sees(opened), [true, true])
    // The channel that both hang in.
    assert.equal(tally.of('GET /channels/:id'), 1)
    const path = `/channels/${olivia.place('general').id}/threads`
    const secret = await olivia.call<{ id: string }>('POST', path, { name: 'secret', type: 12 })
    const [first] = opened as unknown as [{ id: string }]
    await olivia.call('DELETE', `/channels/${first.id}`)
    await until(() => scene.inbox.gone.includes(first.id as PlaceId), 'the end of the thread')
    assert.deepEqual(await sees([...opened, secret]), [false, true, false])
  })
})
