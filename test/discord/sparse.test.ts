import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { APIMessage, GatewayDispatchPayload } from 'discord-api-types/v10'
import type { SandboxOptions } from 'loopback-discord'
import { Absences } from '../../src/discord/absences.ts'
import { ChannelCache } from '../../src/discord/channel-cache.ts'
import { filled } from '../../src/discord/filled.ts'
import { writtenIn } from '../../src/discord/components.ts'
import { echoCommand, Scene } from './scene.ts'

type Told = Record<string, unknown>

/** Takes something out of what Discord tells the bot, once. */
class Thinner implements NonNullable<NonNullable<SandboxOptions['watchers']>[number]> {
  next: ((told: Told) => void) | null = null

  exchange(): void {}

  dispatch(name: string, data: unknown, toBot: boolean): void {
    if (!toBot || name !== 'INTERACTION_CREATE' || this.next === null) return
    this.next(data as Told)
    this.next = null
  }

  report(): object {
    return {}
  }
}

const without =
  (...names: readonly string[]) =>
  (told: Told): void => {
    for (const name of names) delete told[name]
  }

describe('what Discord leaves out, or gives as null', { concurrency: true }, () => {
  test('a command is answered where its channel is told by its id alone, or without what its thread hangs in', async () => {
    const thinner = new Thinner()
    const commands = [echoCommand(['health'])]
    await using scene = await Scene.open({
      sandbox: { watchers: [thinner] },
      discord: { commands, guild: null },
      lawless: true,
    })
    await scene.chat.registered
    const olivia = await scene.sandbox.actor('olivia')
    const thread = await olivia.opensThread('general', 'shop')
    const dm = await olivia.opensDm()
    const lost = scene.sandbox.faults.add({ kind: 'gateway.lose', event: 'THREAD_CREATE|THREAD_UPDATE' })
    const unheard = await olivia.opensThread('general', 'unheard')
    assert.ok(lost.hits > 0, 'the bot has not heard of it')
    const noParent = (told: Told): void => without('parent_id')(told['channel'] as Told)
    const rows = [
      ['general', 'channel', without('channel')],
      ['general', 'channel', (told: Told) => (told['channel'] = null)],
      [thread, 'thread', without('channel')],
      [thread, 'thread', noParent],
      [unheard, 'thread', noParent],
      [dm, 'dm', without('channel')],
    ] as const
    for (const [place, kind, change] of rows) {
      thinner.next = change
      const outcome = await olivia.runs(place, '/health')
      assert.equal(thinner.next, null, 'it was told so')
      // Nobody has a role in a direct message: there the gate answers.
      assert.match((await outcome.settled()).content, kind === 'dm' ? /no tier here/ : new RegExp(`in ${kind}$`))
    }
  })

  test('what was written into a form is read in either of the forms that Discord has for it', () => {
    const field = { type: 4, id: 2, custom_id: 'text', value: 'why not' }
    const forms = [
      [{ type: 18, id: 1, component: field }],
      [{ type: 1, id: 1, components: [field] }],
      [
        { type: 10, id: 3 },
        { type: 18, id: 1, component: field },
      ],
    ]
    for (const form of forms) assert.deepEqual(writtenIn(form), { text: 'why not' })
    assert.deepEqual(writtenIn([{ type: 18, id: 1 }, null, { type: 1, components: null }]), {})
  })

  test('a message is read whatever is not there', () => {
    const author = { id: '1', username: 'alice', global_name: null, discriminator: '0', avatar: null }
    const bare = { id: '2', channel_id: '3', author, timestamp: '2026-01-01T00:00:00+00:00' }
    const nothing = { content: null, mentions: null, embeds: null, attachments: null, poll: null, sticker_items: null }
    const snapshot = { message: { type: 0, content: 'forwarded', embeds: [{ title: 'a', fields: null }] } }
    const whole = filled({
      ...bare,
      ...nothing,
      webhook_id: null,
      referenced_message: { ...bare, content: 'answered', embeds: [null] },
      message_snapshots: [snapshot],
    } as unknown as APIMessage)
    assert.deepEqual([whole.content, whole.type, whole.mentions, whole.embeds, whole.attachments], ['', 0, [], [], []])
    for (const name of ['poll', 'sticker_items', 'webhook_id']) assert.ok(!(name in whole), name)
    assert.equal(whole.edited_timestamp, null)
    assert.deepEqual(whole.referenced_message?.mentions, [])
    assert.deepEqual(whole.referenced_message?.embeds, [])
    assert.deepEqual(whole.message_snapshots?.[0]?.message.embeds, [{ title: 'a' }])
    assert.deepEqual(whole.message_snapshots?.[0]?.message.attachments, [])
  })

  test('a server that is told of while it is away is away, whatever else is not told of it', () => {
    const cache = new ChannelCache(new Absences({ now: () => 0 }), () => Promise.resolve(null))
    const told = (t: string, d: object): void => void cache.learn({ op: 0, s: 1, t, d } as GatewayDispatchPayload, '9')
    told('GUILD_CREATE', { id: '1', name: 'one' })
    assert.equal(cache.isAway('1'), false)
    told('GUILD_CREATE', { id: '1', unavailable: true })
    assert.equal(cache.isAway('1'), true)
    assert.deepEqual(cache.serversAway(null), ['one'])
    told('GUILD_CREATE', { id: '1', name: 'one', channels: [{ id: '2', type: 0 }] })
    assert.equal(cache.isAway('1'), false)
    assert.deepEqual(cache.known('2'), { kind: 'channel', id: '2', guild: '1' })
    told('THREAD_LIST_SYNC', { guild_id: '1' })
  })
})
