import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { ChannelType, Events, OverwriteType, PermissionFlagsBits, ThreadAutoArchiveDuration } from 'discord.js'
import { code } from '../refusals.ts'
import { heard } from '../stage.ts'
import type {
  AnyThreadChannel,
  ChatInputCommandInteraction,
  ForumChannel,
  Guild,
  GuildMember,
  Message,
} from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

export function places({ step, open, close }: Steps): void {
  describe('channels, threads, members and roles', () => {
    let stage: Stage
    let guild: Guild
    let alice: Actor
    let bob: Actor
    before(async () => {
      stage = await open()
      guild = stage.client.guilds.cache.get(stage.sandbox.guildId) as Guild
      alice = await stage.sandbox.actor('alice')
      bob = await stage.sandbox.actor('bob')
    })
    after(() => close(stage))

    step('a thread from nothing, with the line in its parent', async () => {
      const thread = await stage.general.threads.create({
        name: 'work',
        autoArchiveDuration: ThreadAutoArchiveDuration.OneWeek,
        type: ChannelType.PublicThread,
      })
      assert.equal(thread.autoArchiveDuration, 10080)
      await alice.seesPlace('work')
      await alice.sees('general', (message) => message.type === 18)
    })
    step('a thread from a message has its id and marks it', async () => {
      const sent = await stage.general.send('start here')
      const coming = heard<Message>(stage.client, Events.MessageUpdate)
      const thread = await sent.startThread({ name: 'from here' })
      await coming
      assert.equal(thread.id, sent.id)
      const seen = await alice.sees('general', (message) => message.id === sent.id && message.threadId === sent.id)
      assert.equal((seen.flags & 32) !== 0, true)
      await assert.rejects(sent.startThread({ name: 'again' }), (error) => error instanceof Error)
      await assert.rejects(
        stage.client.rest.post(`/channels/${stage.general.id}/messages/${sent.id}/threads`, {
          body: { name: 'again' },
        }),
        code(160004),
      )
    })
    step('a person’s thread reaches the bot, which may write in it at once', async () => {
      const coming = heard<AnyThreadChannel>(stage.client, Events.ThreadCreate, (thread) => thread.name === 'alices')
      const place = await alice.opensThread('general', 'alices')
      const thread = await coming
      assert.equal(thread.ownerId, alice.id)
      await thread.send('hi there')
      await bob.sees(place, 'hi there')
    })
    step('a message wakes an archived thread', async () => {
      const place = await alice.opensThread('general', 'sleepy')
      await alice.archives(place)
      const coming = heard<AnyThreadChannel>(stage.client, Events.ThreadUpdate)
      const thread = (await stage.client.channels.fetch(place.id)) as AnyThreadChannel
      await thread.send('wake up')
      await coming
      await alice.sees(place, 'wake up')
      await alice.waits(() => !alice.place(place).archived)
    })
    step('a locked archived thread takes no message of a person, and no edit at all', async () => {
      const place = await alice.opensThread('general', 'locked')
      const thread = (await stage.client.channels.fetch(place.id)) as AnyThreadChannel
      const sent = await thread.send('before')
      await thread.edit({ locked: true, archived: true })
      await assert.rejects(bob.says(place, 'let me'), code(50083))
      await assert.rejects(sent.edit('no'), code(50083))
      await assert.rejects(thread.setName('no'), code(50083))
      await thread.setArchived(false)
      await thread.send('after')
    })
    step('a private thread is for its members', async () => {
      const thread = await stage.general.threads.create({ name: 'secret', type: ChannelType.PrivateThread })
      await thread.send('quiet')
      assert.equal(
        bob.places().some((place) => place.name === 'secret'),
        false,
      )
      await assert.rejects(bob.call('GET', `/channels/${thread.id}/messages`), code(50001))
      await thread.members.add(bob.id)
      const place = await bob.seesPlace('secret')
      await bob.sees(place, 'quiet')
      assert.deepEqual([...(await thread.members.fetch()).keys()].toSorted(), [bob.id, stage.sandbox.bot.id].toSorted())
      await thread.members.remove(bob.id)
    })
    step('lists of active and archived threads', async () => {
      const done = await stage.general.threads.create({ name: 'done', type: ChannelType.PublicThread })
      await done.setArchived(true)
      const active = await guild.channels.fetchActiveThreads()
      assert.ok(active.threads.some((thread) => thread.name === 'work'))
      assert.equal(
        active.threads.some((thread) => thread.name === 'done'),
        false,
      )
      const archived = await stage.general.threads.fetchArchived({ type: 'public' })
      assert.ok(archived.threads.some((thread) => thread.name === 'done'))
      await stage.general.threads.fetchArchived({ type: 'private' })
      await stage.general.threads.fetchArchived({ type: 'private', fetchAll: false })
    })
    step('who writes in a thread, or is mentioned there, becomes a member', async () => {
      const place = await alice.opensThread('general', 'together')
      await bob.says(place, 'me too')
      const thread = (await stage.client.channels.fetch(place.id)) as AnyThreadChannel
      await thread.send(`<@${stage.sandbox.world.guild(guild.id).ownerId}>`)
      const olivia = await stage.sandbox.actor('olivia')
      const members = [...(await thread.members.fetch({ cache: false })).keys()].toSorted()
      assert.deepEqual(members, [olivia.id, alice.id, bob.id, stage.sandbox.bot.id].toSorted())
    })
    step('Discord’s own lines cannot be edited', async () => {
      const lines = await alice.messages('general')
      const line = lines.find((message) => message.type === 18)
      assert.ok(line)
      await assert.rejects(alice.edits(line, 'x'), code(50021))
    })
    step('a thread that is deleted is gone for all', async () => {
      const place = await alice.opensThread('general', 'short-lived')
      const coming = heard(stage.client, Events.ThreadDelete)
      await alice.says(place, 'bye')
      await ((await stage.client.channels.fetch(place.id)) as AnyThreadChannel).delete()
      await coming
      await alice.waits(() => !alice.places().some((one) => one.id === place.id))
      await assert.rejects(alice.says(place, 'too late'), code(10003))
    })
    step('a forum post is a thread with its first message', async () => {
      const forum = stage.client.channels.cache.get(stage.sandbox.channel('ideas')) as ForumChannel
      const post = await forum.threads.create({ name: 'an idea', message: { content: 'what if' } })
      assert.equal((await post.fetchStarterMessage())?.content, 'what if')
      await alice.sees(await alice.seesPlace('an idea'), 'what if')
    })
    step('a channel is made, changed, restricted and deleted', async () => {
      const made = await guild.channels.create({ name: 'New Room', topic: 'first' })
      assert.equal(made.name, 'new-room')
      await alice.seesPlace('new-room')
      await made.setTopic('second')
      assert.equal((await guild.channels.fetch(made.id, { force: true }))?.isTextBased(), true)
      await made.permissionOverwrites.create(bob.id, { ViewChannel: false }, { type: OverwriteType.Member })
      await assert.rejects(bob.says(made, 'hello'), code(50001))
      await made.permissionOverwrites.delete(bob.id)
      await bob.says(made, 'hello')
      await made.setPosition(1)
      await made.delete()
      await alice.waits(() => !alice.places().some((one) => one.id === made.id))
    })
    step('who gains a channel learns of it and of its threads; who loses it, too', async () => {
      const made = await guild.channels.create({ name: 'vault' })
      const thread = await made.threads.create({ name: 'inside the vault', type: ChannelType.PublicThread })
      const place = await bob.seesPlace('inside the vault')
      await made.permissionOverwrites.create(bob.id, { ViewChannel: false }, { type: OverwriteType.Member })
      await bob.waits(() => !bob.places().some((one) => one.id === made.id))
      await thread.setName('deep inside')
      await made.permissionOverwrites.delete(bob.id)
      assert.equal((await bob.seesPlace('deep inside')).id, place.id)
      const hidden = stage.sandbox.channel('hidden')
      const coming = heard<unknown>(stage.client, Events.ThreadListSync)
      const olivia = await stage.sandbox.actor('olivia')
      const path = `/channels/${hidden}/permissions/${stage.sandbox.bot.id}`
      await olivia.call('PUT', path, { type: 1, allow: String(PermissionFlagsBits.ViewChannel), deny: '0' })
      await coming
      await olivia.call('DELETE', path)
      await assert.rejects(stage.client.rest.get(`/channels/${hidden}`), code(50001))
      await made.delete()
    })
    step('names, topics and archive times have their bounds', async () => {
      await assert.rejects(stage.general.threads.create({ name: 'x'.repeat(101) }), code(50035))
      await assert.rejects(
        stage.client.rest.post(`/channels/${stage.general.id}/threads`, {
          body: { name: 'x', type: 11, auto_archive_duration: 5 },
        }),
        code(50035),
      )
      await assert.rejects(stage.client.rest.post(`/guilds/${guild.id}/channels`, { body: {} }), code(50035))
    })
    step('members are fetched one by one, in lists, by search and over the gateway', async () => {
      assert.equal((await guild.members.fetch({ user: alice.id, force: true })).user.username, 'alice')
      assert.equal((await guild.members.list({ limit: 10 })).size, 4)
      assert.deepEqual(
        (await guild.members.search({ query: 'bo' })).map((member) => member.user.username),
        ['bob'],
      )
      assert.equal((await guild.members.fetch()).size, 4)
      assert.deepEqual([...(await guild.members.fetch({ user: [alice.id, '123456789012345678'] })).keys()], [alice.id])
      await assert.rejects(stage.client.rest.get(`/guilds/${guild.id}/members/123456789012345678`), code(10007, 404))
    })
    step('a role is made, given, taken and deleted, and everyone is told', async () => {
      const made = await guild.roles.create({ name: 'helpers', permissions: [PermissionFlagsBits.ManageThreads] })
      await made.setColors({ primaryColor: 0x112233 })
      const coming = heard<GuildMember>(stage.client, Events.GuildMemberUpdate)
      const member = await guild.members.fetch(bob.id)
      await member.roles.add(made)
      await coming
      assert.ok((await guild.members.fetch({ user: bob.id, force: true })).roles.cache.has(made.id))
      await member.roles.remove(made)
      await made.delete()
      assert.equal((await guild.roles.fetch()).has(made.id), false)
    })
    step('nobody touches a role above their own', async () => {
      const leads = guild.roles.cache.find((role) => role.name === 'leads')
      await assert.rejects(
        stage.client.rest.put(`/guilds/${guild.id}/members/${bob.id}/roles/${leads?.id}`),
        code(50013),
      )
    })
    step('a nickname, and a time-out that silences', async () => {
      const member = await guild.members.fetch(bob.id)
      await member.setNickname('Bobby')
      assert.equal((await guild.members.fetch({ user: bob.id, force: true })).nickname, 'Bobby')
      await stage.client.rest.patch(`/guilds/${guild.id}/members/${bob.id}`, {
        body: { communication_disabled_until: new Date(Date.now() + 60_000).toISOString() },
      })
      await assert.rejects(bob.says('general', 'hush'), code(50013))
      await stage.client.rest.patch(`/guilds/${guild.id}/members/${bob.id}`, {
        body: { communication_disabled_until: null },
      })
      await bob.says('general', 'back')
    })
    step('the guild, the application and the users', async () => {
      assert.equal((await guild.fetch()).name, 'Workshop')
      assert.equal((await guild.fetchOwner()).user.username, 'olivia')
      assert.equal((await stage.client.application.fetch()).id, stage.sandbox.bot.id)
      assert.equal((await stage.client.users.fetch(alice.id, { force: true })).username, 'alice')
      assert.equal(await stage.client.fetchGuildPreview(guild.id).catch(() => null), null)
      await assert.rejects(stage.client.rest.get('/users/123456789012345678'), code(10013))
    })
    step('a command wakes an archived thread as a message does', async () => {
      await stage.client.application.commands.set([{ name: 'wake', description: 'Wakes' }])
      const place = await alice.opensThread('general', 'napping')
      await alice.archives(place)
      const asked = heard<ChatInputCommandInteraction>(stage.client, Events.InteractionCreate)
      const running = alice.runs(place, '/wake')
      await (await asked).reply('awake')
      await running
      await alice.waits(() => !alice.place(place).archived)
    })
    step('who leaves the guild sees it no more', async () => {
      const coming = heard<GuildMember>(stage.client, Events.GuildMemberRemove)
      await bob.call('DELETE', `/users/@me/guilds/${guild.id}`)
      assert.equal((await coming).user.username, 'bob')
      await assert.rejects(bob.says('general', 'still here?'), code(50001))
    })
    step('one guild’s routes belong to one guild', async () => {
      await assert.rejects(stage.client.rest.get('/guilds/123456789012345678'), code(10004))
      await assert.rejects(stage.client.rest.get('/no/such/route'), code(0, 404))
    })
  })
}
