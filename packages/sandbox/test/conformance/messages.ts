import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { AttachmentBuilder, EmbedBuilder, Events, MessageFlags, MessageType, TextDisplayBuilder } from 'discord.js'
import { code } from '../refusals.ts'
import { heard } from '../stage.ts'
import type { Message, MessageReaction } from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

/** Type of Discord's line about a pin. */
const PIN_NOTICE: number = MessageType.ChannelPinnedMessage

export function messages({ step, open, close }: Steps): void {
  describe('messages, as discord.js and a person see them', () => {
    let stage: Stage
    let alice: Actor
    let bob: Actor
    before(async () => {
      stage = await open()
      alice = await stage.sandbox.actor('alice')
      bob = await stage.sandbox.actor('bob')
    })
    after(() => close(stage))

    step('a plain message reaches everybody', async () => {
      const sent = await stage.general.send('hello all')
      assert.equal((await alice.sees('general', 'hello all')).id, sent.id)
      assert.equal((await bob.sees('general', 'hello all')).id, sent.id)
    })
    step('a person’s message reaches the bot with content, member and author', async () => {
      const coming = heard<Message>(stage.client, Events.MessageCreate, (message) => message.content === 'from alice')
      await alice.says('general', 'from alice')
      const message = await coming
      assert.equal(message.author.username, 'alice')
      assert.equal(message.guildId, stage.sandbox.guildId)
      assert.ok(message.member?.roles.cache.some((role) => role.name === 'team'))
    })
    step('an edit shows to all and keeps the revisions', async () => {
      const sent = await stage.general.send('one')
      await sent.edit('two')
      await sent.edit('three')
      const seen = await alice.sees('general', (message) => message.id === sent.id && message.content === 'three')
      assert.deepEqual(
        seen.revisions.map((revision) => revision.content),
        ['one', 'two', 'three'],
      )
      assert.equal(seen.edited, true)
    })
    step('an edit by a person arrives at the bot', async () => {
      const mine = await alice.says('general', 'typo')
      const coming = heard<Message>(stage.client, Events.MessageUpdate, () => true)
      await alice.edits(mine, 'fixed')
      await coming
      assert.equal((await stage.general.messages.fetch({ message: mine.id, force: true })).content, 'fixed')
    })
    step('a deletion arrives at both', async () => {
      const sent = await stage.general.send('gone soon')
      await alice.sees('general', 'gone soon')
      await sent.delete()
      await alice.sees('general', 'gone soon', { gone: true })
      const mine = await alice.says('general', 'mine gone')
      const coming = heard<Message>(stage.client, Events.MessageDelete, (message) => message.id === mine.id)
      await alice.deletes(mine)
      await coming
    })
    step('surrounding space is trimmed, and nothing but space is empty', async () => {
      assert.equal((await stage.general.send('  padded \n')).content, 'padded')
      await assert.rejects(stage.general.send('   \n '), code(50006, 400))
    })
    step('2000 characters pass, 2001 do not, with the nested body', async () => {
      assert.equal((await stage.general.send('x'.repeat(2000))).content.length, 2000)
      await assert.rejects(stage.general.send('x'.repeat(2001)), (error: unknown) => {
        const { rawError } = error as { rawError: { errors: { content: { _errors: { code: string }[] } } } }
        assert.equal(rawError.errors.content._errors[0]?.code, 'BASE_TYPE_MAX_LENGTH')
        return code(50035, 400)(error)
      })
    })
    step('an edit may not be too long either', async () => {
      const sent = await stage.general.send('short')
      await assert.rejects(sent.edit('x'.repeat(2001)), code(50035))
    })
    step('nobody edits another’s message', async () => {
      const mine = await alice.says('general', 'alices own')
      const message = await stage.general.messages.fetch(mine.id)
      await assert.rejects(message.edit('nope'), (error) => error instanceof Error)
      await assert.rejects(bob.edits(mine, 'nope'), code(50005))
    })
    step('a moderator deletes another’s message, a person does not', async () => {
      const mine = await alice.says('general', 'rude')
      await assert.rejects(bob.deletes(mine), code(50013))
      await (await stage.general.messages.fetch(mine.id)).delete()
      await alice.sees('general', 'rude', { gone: true })
    })
    step('a reply carries what it answers and pings its author', async () => {
      const mine = await alice.says('general', 'question?')
      const coming = heard<Message>(
        stage.client,
        Events.MessageCreate,
        (message) => message.reference?.messageId === mine.id,
      )
      const message = await stage.general.messages.fetch(mine.id)
      const reply = await message.reply('answer!')
      assert.equal((await coming).type, MessageType.Reply)
      assert.deepEqual([...reply.mentions.users.keys()], [alice.id])
      assert.equal((await reply.fetchReference()).id, mine.id)
    })
    step('allowed_mentions keep everybody quiet', async () => {
      const sent = await stage.general.send({ content: `<@${alice.id}> @everyone`, allowedMentions: { parse: [] } })
      assert.equal(sent.mentions.users.size, 0)
      assert.equal(sent.mentions.everyone, false)
      const loud = await stage.general.send({ content: `<@${alice.id}>`, allowedMentions: { users: [alice.id] } })
      assert.deepEqual([...loud.mentions.users.keys()], [alice.id])
    })
    step('a mention in code is none', async () => {
      assert.equal((await stage.general.send(`\`<@${alice.id}>\``)).mentions.users.size, 0)
    })
    step('a reply to nothing is refused, unless it may fail', async () => {
      const reply = { messageReference: '123456789012345678' }
      await assert.rejects(stage.general.send({ content: 'x', reply }), code(50035))
      const sent = await stage.general.send({ content: 'x', reply: { ...reply, failIfNotExists: false } })
      assert.equal(sent.reference, null)
    })
    step('the same nonce gives the same message', async () => {
      const options = { content: 'once', nonce: 'n-1', enforceNonce: true }
      const [first, second] = [await stage.general.send(options), await stage.general.send(options)]
      assert.equal(first.id, second.id)
      await alice.sees('general', 'once')
      assert.equal((await alice.messages('general')).filter((message) => message.content === 'once').length, 1)
      const elsewhere = await stage.channel('team-only').send(options)
      assert.notEqual(elsewhere.id, first.id)
    })
    step('a nonce that is not enforced does not', async () => {
      const [first, second] = [
        await stage.general.send({ content: 'n', nonce: '5' }),
        await stage.general.send({ content: 'n', nonce: '5' }),
      ]
      assert.notEqual(first.id, second.id)
    })
    step('history comes in pages: before, after, around', async () => {
      const ids: string[] = []
      for (let index = 0; index < 7; index++) ids.push((await stage.general.send(`page ${index}`)).id)
      const [, , , middle] = ids as [string, string, string, string]
      const after = await stage.general.messages.fetch({ after: middle, limit: 2 })
      assert.deepEqual([...after.keys()].toSorted(), ids.slice(4, 6))
      const earlier = await stage.general.messages.fetch({ before: middle, limit: 3 })
      assert.deepEqual([...earlier.keys()].toSorted(), ids.slice(0, 3))
      const around = await stage.general.messages.fetch({ around: middle, limit: 3 })
      assert.deepEqual([...around.keys()].toSorted(), ids.slice(2, 5))
      assert.equal((await stage.general.messages.fetch({ limit: 1 })).firstKey(), ids[6])
    })
    step('a limit beyond 100 is refused', async () => {
      await assert.rejects(
        stage.client.rest.get(`/channels/${stage.general.id}/messages`, {
          query: new URLSearchParams({ limit: '101' }),
        }),
        code(50035),
      )
    })
    step('an unknown message and an unknown channel', async () => {
      await assert.rejects(stage.general.messages.fetch('123456789012345678'), code(10008, 404))
      await assert.rejects(stage.client.rest.get('/channels/123456789012345678'), code(10003, 404))
    })
    step('embeds come back as they were sent', async () => {
      const embed = new EmbedBuilder()
        .setTitle('T')
        .setDescription('D')
        .setColor(0x336699)
        .setTimestamp(86_400_000)
        .setFooter({ text: 'F' })
        .setAuthor({ name: 'A' })
        .addFields({ name: 'n', value: 'v', inline: true })
      const sent = await stage.general.send({ embeds: [embed] })
      assert.equal(sent.embeds[0]?.fields[0]?.inline, true)
      assert.equal(sent.embeds[0]?.timestamp, '1970-01-02T00:00:00.000000+00:00')
      await alice.sees('general', /^T$/m)
    })
    step('all embeds together hold 6000 characters', async () => {
      const long = (length: number) => ({ description: 'x'.repeat(length) })
      await stage.general.send({ embeds: [long(3000), long(3000)] })
      await assert.rejects(stage.general.send({ embeds: [long(3000), long(3001)] }), code(50035))
      await assert.rejects(stage.general.send({ embeds: [long(4097)] }), code(50035))
      await assert.rejects(stage.general.send({ embeds: Array.from({ length: 11 }, () => long(1)) }), code(50035))
    })
    step('files are stored, described and served', async () => {
      const file = new AttachmentBuilder(Buffer.from('diff --git'), { name: 'work.patch', description: 'the work' })
      const sent = await stage.general.send({ files: [file] })
      const attachment = sent.attachments.first()
      assert.equal(attachment?.name, 'work.patch')
      assert.equal(attachment?.description, 'the work')
      assert.equal(await (await fetch(attachment?.url ?? '')).text(), 'diff --git')
      const seen = await alice.sees('general', (message) =>
        message.attachments.some((one) => one.filename === 'work.patch'),
      )
      assert.equal(seen.attachments[0]?.size, 10)
    })
    step('a person’s file reaches the bot', async () => {
      const coming = heard<Message>(stage.client, Events.MessageCreate, (message) => message.attachments.size === 2)
      await alice.says('general', 'look', {
        files: [
          { name: 'a.txt', content: 'A' },
          { name: 'b.png', content: new Uint8Array([1, 2]), type: 'image/png' },
        ],
      })
      const message = await coming
      assert.deepEqual(
        message.attachments.map((one) => one.contentType),
        ['text/plain', 'image/png'],
      )
    })
    step('an edit drops and adds files', async () => {
      const sent = await stage.general.send({ files: [{ attachment: Buffer.from('1'), name: 'one.txt' }] })
      const kept = [...sent.attachments.values()]
      const more = await sent.edit({ attachments: kept, files: [{ attachment: Buffer.from('2'), name: 'two.txt' }] })
      assert.deepEqual(more.attachments.map((one) => one.name).toSorted(), ['one.txt', 'two.txt'])
      const none = await more.edit({ content: 'no files', attachments: [] })
      assert.equal(none.attachments.size, 0)
    })
    step('eleven files are too many, and ten MiB are the end', async () => {
      const files = Array.from({ length: 11 }, (_, index) => ({ attachment: Buffer.from('x'), name: `${index}.txt` }))
      await assert.rejects(stage.general.send({ files }), code(50035))
      await assert.rejects(
        stage.general.send({ files: [{ attachment: Buffer.alloc(10 * 1024 * 1024 + 1), name: 'big.bin' }] }),
        code(40005, 413),
      )
    })
    step('reactions are added, counted, listed and taken back', async () => {
      const sent = await stage.general.send('react to me')
      await sent.react('👍')
      await alice.sees('general', 'react to me')
      const coming = heard<MessageReaction>(
        stage.client,
        Events.MessageReactionAdd,
        (one) => one.message.id === sent.id,
      )
      await alice.reacts(sent, '👍')
      await coming
      const fetched = await stage.general.messages.fetch({ message: sent.id, force: true })
      assert.equal(fetched.reactions.cache.get('👍')?.count, 2)
      assert.equal(fetched.reactions.cache.get('👍')?.me, true)
      assert.equal((await fetched.reactions.cache.get('👍')?.users.fetch())?.size, 2)
      await fetched.reactions.cache.get('👍')?.users.remove(alice.id)
      const cleared = heard(stage.client, Events.MessageReactionRemoveAll)
      await fetched.reactions.removeAll()
      await cleared
      assert.equal((await stage.general.messages.fetch({ message: sent.id, force: true })).reactions.cache.size, 0)
      await assert.rejects(
        stage.client.rest.put(`/channels/${stage.general.id}/messages/${sent.id}/reactions/x/@me`),
        code(10014),
      )
    })
    step('pins, with the line about it', async () => {
      const sent = await stage.general.send('pin me')
      await sent.pin()
      assert.equal((await stage.general.messages.fetchPins()).items[0]?.message.id, sent.id)
      await alice.sees('general', (message) => message.type === PIN_NOTICE && message.repliesTo === sent.id)
      await sent.unpin()
      assert.equal((await stage.general.messages.fetchPins()).items.length, 0)
    })
    step('bulk delete takes two to a hundred', async () => {
      const sent = [await stage.general.send('bulk 1'), await stage.general.send('bulk 2')]
      await alice.sees('general', 'bulk 2')
      const coming = heard(stage.client, Events.MessageBulkDelete)
      await stage.general.bulkDelete(sent)
      await coming
      await alice.sees('general', /bulk \d/, { gone: true })
      await assert.rejects(
        stage.client.rest.post(`/channels/${stage.general.id}/messages/bulk-delete`, {
          body: { messages: [sent[0]?.id] },
        }),
        code(50016),
      )
    })
    step('typing shows to others', async () => {
      const since = Date.now()
      await stage.general.sendTyping()
      await alice.seesTyping('general', { since })
      const coming = heard<{ user: { username: string } }>(
        stage.client,
        Events.TypingStart,
        (typing) => typing.user.username === 'bob',
      )
      await bob.typing('general')
      await coming
    })
    step('a DM goes both ways, and only between the two', async () => {
      const dm = await alice.opensDm()
      const coming = heard<Message>(stage.client, Events.MessageCreate, (message) => message.content === 'psst')
      await alice.says(dm, 'psst')
      const message = await coming
      assert.equal(message.guildId, null)
      await message.reply('yes?')
      await alice.sees(dm, 'yes?')
      assert.equal(
        bob.places().some((place) => place.id === dm.id),
        false,
      )
      await assert.rejects(bob.call('GET', `/channels/${dm.id}/messages`), code(50001))
      const again = await stage.client.users.createDM(alice.id)
      assert.equal(again.id, dm.id)
    })
    step('who cannot see a channel has no access; who cannot write has no permission', async () => {
      await assert.rejects(bob.call('GET', `/channels/${stage.sandbox.channel('team-only')}/messages`), code(50001))
      await assert.rejects(stage.client.rest.get(`/channels/${stage.sandbox.channel('hidden')}`), code(50001, 403))
      await assert.rejects(stage.channel('read-only').send('no'), (error) => error instanceof Error)
      await assert.rejects(bob.says('read-only', 'no'), code(50013))
      assert.equal(
        bob.places().some((place) => place.name === 'team-only'),
        false,
      )
    })
    step('a components V2 message stands alone', async () => {
      const sent = await stage.general.send({
        flags: MessageFlags.IsComponentsV2,
        components: [new TextDisplayBuilder().setContent('all in components')],
      })
      assert.ok(sent.flags.has(MessageFlags.IsComponentsV2))
      await alice.sees('general', 'all in components')
      await assert.rejects(sent.edit({ content: 'legacy' }), code(50035))
      await assert.rejects(
        stage.general.send({
          content: 'both',
          flags: MessageFlags.IsComponentsV2,
          components: [new TextDisplayBuilder().setContent('x')],
        }),
        code(50035),
      )
      const long = Array.from({ length: 2 }, () => new TextDisplayBuilder().setContent('x'.repeat(2001)))
      await assert.rejects(stage.general.send({ flags: MessageFlags.IsComponentsV2, components: long }), code(50035))
    })
    step('a webhook posts, edits and deletes under a name of its own', async () => {
      const hook = await stage.general.createWebhook({ name: 'ci' })
      const sent = await hook.send({ content: 'built', username: 'builder' })
      const seen = await alice.sees('general', 'built')
      assert.equal(seen.author.username, 'builder')
      await hook.editMessage(sent.id, 'built twice')
      await alice.sees('general', 'built twice')
      await hook.deleteMessage(sent.id)
      assert.equal((await stage.general.fetchWebhooks()).size, 1)
      await hook.delete()
      await assert.rejects(hook.send('late'), code(10015, 404))
    })
    step('an unknown route and a wrong token', async () => {
      const answer = await fetch(`${stage.sandbox.api}/v10/users/@me`, { headers: { authorization: 'Bot nonsense' } })
      assert.equal(answer.status, 401)
      assert.deepEqual(await answer.json(), { message: '401: Unauthorized', code: 0 })
      const withoutPrefix = await fetch(`${stage.sandbox.api}/v10/users/@me`, {
        headers: { authorization: stage.sandbox.bot.token },
      })
      assert.equal(withoutPrefix.status, 401)
    })
    step('a host that is not loopback is turned away', async () => {
      const { request } = await import('node:http')
      const status = await new Promise<number | undefined>((resolve, reject) => {
        request(
          { host: '127.0.0.1', port: stage.sandbox.port, path: '/sandbox/people', headers: { host: 'evil.example' } },
          (response) => {
            response.resume()
            resolve(response.statusCode)
          },
        )
          .on('error', reject)
          .end()
      })
      assert.equal(status, 403)
    })
  })
}
