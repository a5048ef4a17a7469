import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import {
  ApplicationIntegrationType,
  ChannelType,
  Events,
  MessageType,
  Routes,
  ThreadAutoArchiveDuration,
} from 'discord.js'
import { code } from '../refusals.ts'
import { HandClock, heard } from '../stage.ts'
import type { AnyThreadChannel, ChatInputCommandInteraction } from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { Refused } from '../../src/actors/connection.ts'
import type { Thread } from '../../src/records.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

const MINUTE = 60_000
const THREAD_STARTER: number = MessageType.ThreadStarterMessage

export function passingTime({ step, open, close }: Steps): void {
  describe('threads, slowness and the clock', () => {
    const clock = new HandClock()
    let stage: Stage
    let alice: Actor
    let bob: Actor
    before(async () => {
      stage = await open({ clock })
      alice = await stage.sandbox.actor('alice')
      bob = await stage.sandbox.actor('bob')
    })
    after(() => close(stage))
    const hourly = (name: string) =>
      stage.general.threads.create({
        name,
        type: ChannelType.PublicThread,
        autoArchiveDuration: ThreadAutoArchiveDuration.OneHour,
      })
    const updated = (thread: AnyThreadChannel) =>
      heard<AnyThreadChannel>(stage.client, Events.ThreadUpdate, (one) => one.id === thread.id)

    step('a thread from a message begins with a line that points back', async () => {
      const sent = await stage.general.send('the beginning')
      const thread = await sent.startThread({ name: 'from it' })
      await thread.send('the rest')
      const [last, first] = [...(await thread.messages.fetch()).values()]
      assert.equal(last?.content, 'the rest')
      assert.equal(first?.type, THREAD_STARTER)
      assert.equal(first.content, '')
      assert.equal((await first.fetchReference()).content, 'the beginning')
      const fetched = await stage.client.channels.fetch(thread.id, { force: true })
      assert.equal(fetched?.isThread() && fetched.messageCount, 1)
    })
    step('a thread that nobody writes in falls asleep', async () => {
      const thread = await hourly('sleepy')
      clock.ms += 59 * MINUTE
      await stage.general.sendTyping()
      assert.equal(
        (await stage.client.channels.fetch(thread.id, { force: true }))?.isThread() && thread.archived,
        false,
      )
      const coming = updated(thread)
      clock.ms += 2 * MINUTE
      await stage.general.sendTyping()
      await coming
      assert.equal(thread.archived, true)
    })
    step('each message keeps it awake, and wakes it again', async () => {
      const thread = await hourly('busy')
      clock.ms += 59 * MINUTE
      await alice.says({ id: thread.id }, 'still here')
      clock.ms += 59 * MINUTE
      await stage.general.sendTyping()
      const asleep = updated(thread)
      clock.ms += 2 * MINUTE
      await stage.general.sendTyping()
      await asleep
      const awake = updated(thread)
      await thread.send('wake')
      await awake
      assert.equal(thread.archived, false)
    })
    step('a channel’s slowness holds people, and says how long', async () => {
      await stage.general.setRateLimitPerUser(30)
      await bob.says('general', 'first')
      clock.ms += 10_000
      await assert.rejects(bob.says('general', 'second'), (error: Refused) => {
        assert.deepEqual([error.status, error.code], [429, 20016])
        assert.equal((error.body as { retry_after: number }).retry_after, 20)
        return true
      })
      await alice.says('general', 'everybody has their own')
      clock.ms += 20_000
      await bob.says('general', 'second')
    })
    step('it holds neither bots nor moderators', async () => {
      const olivia = await stage.sandbox.actor('olivia')
      await Promise.all([stage.general.send('a'), stage.general.send('b')])
      await olivia.says('general', 'c')
      await olivia.says('general', 'd')
      await stage.general.setRateLimitPerUser(0)
      await bob.says('general', 'e')
      await bob.says('general', 'f')
    })

    const inside = (id: string) => stage.sandbox.world.channel(id).thread as Thread
    step('a thread seats a thousand', async () => {
      const thread = await alice.opensThread('general', 'crowded')
      const { members } = inside(thread.id)
      for (let index = members.size; index < 1000; index++) members.set(`9${index}`, clock.ms)
      await assert.rejects(stage.client.rest.put(Routes.threadMembers(thread.id, '@me')), code(30033, 400))
      await assert.rejects(stage.client.rest.put(Routes.threadMembers(thread.id, bob.id)), code(30033, 400))
      members.delete('999')
      await stage.client.rest.put(Routes.threadMembers(thread.id, '@me'))
    })
    step('a guild has a thousand threads awake at most', async () => {
      const { channels } = stage.sandbox.world
      const model = stage.sandbox.world.channel((await hourly('model')).id)
      const awake = [...channels.values()].filter((one) => one.thread && !one.thread.archived).length
      const extra = Array.from({ length: 1000 - awake }, (_, index) => `8${index}`)
      for (const id of extra) channels.set(id, { ...model, id, thread: { ...inside(model.id), members: new Map() } })
      await assert.rejects(hourly('one more'), code(160006, 400))
      for (const id of extra) channels.delete(id)
      await hourly('one more')
    })

    step('five follow-ups where only the person has the application', async () => {
      await stage.client.application.commands.set([
        { name: 'mine', description: 'Mine', integrationTypes: [ApplicationIntegrationType.UserInstall] },
        { name: 'ours', description: 'Ours' },
      ])
      for (const [command, more] of [
        ['/mine', 5],
        ['/ours', 6],
      ] as const) {
        const asked = heard<ChatInputCommandInteraction>(stage.client, Events.InteractionCreate)
        const running = alice.runs('general', command)
        const interaction = await asked
        await interaction.reply('first')
        await running
        for (let index = 0; index < more; index++) await interaction.followUp(`${index}`)
        if (command === '/mine') await assert.rejects(interaction.followUp('too many'), code(40094, 400))
      }
    })
  })
}
