import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { ChannelType, Events, MessageFlags, MessageType, Routes } from 'discord.js'
import { code } from '../refusals.ts'
import { HandClock, heard } from '../stage.ts'
import type { Guild, Message, PollAnswer, APIMessageSearchResult } from 'discord.js'
import type { Actor } from '../../src/actors/actor.ts'
import type { Stage } from '../stage.ts'
import type { Steps } from './steps.ts'

const POLL_RESULT: number = MessageType.PollResult

export function polls({ step, open, close }: Steps): void {
  describe('polls, announcements and search', () => {
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
    const ask = (question: string, allowMultiselect = false) =>
      stage.general.send({
        poll: {
          question: { text: question },
          answers: [{ text: 'yes', emoji: '👍' }, { text: 'no' }],
          duration: 1,
          allowMultiselect,
        },
      })
    const votes = (person: Actor, message: { id: string }, ...answers: number[]) =>
      person.call('PUT', `/channels/${stage.general.id}/polls/${message.id}/answers/@me`, { answer_ids: answers })

    step('a poll is asked, and comes back as it was asked', async () => {
      const { poll } = await ask('Ship it?')
      assert.equal(poll?.question.text, 'Ship it?')
      assert.deepEqual(
        poll.answers.map((answer) => answer.text),
        ['yes', 'no'],
      )
      assert.equal(poll.expiresTimestamp, clock.ms + 3_600_000)
      await alice.sees('general', (message) => message.author.bot)
    })
    step('a vote reaches the bot, and one that changes its mind takes it back', async () => {
      const message = await ask('Now?')
      const coming = heard<PollAnswer>(stage.client, Events.MessagePollVoteAdd)
      await votes(alice, message, 1)
      assert.equal((await coming).id, 1)
      const leaving = heard<PollAnswer>(stage.client, Events.MessagePollVoteRemove)
      await votes(alice, message, 2)
      assert.equal((await leaving).id, 1)
    })
    step('who voted is listed', async () => {
      const message = await ask('Who?')
      await votes(alice, message, 1)
      await votes(bob, message, 1)
      const voters = await message.poll?.answers.get(1)?.voters.fetch()
      assert.deepEqual([...(voters?.values() ?? [])].map((user) => user.username).toSorted(), ['alice', 'bob'])
    })
    step('one answer, unless more are allowed, and only those there are', async () => {
      const single = await ask('One?')
      await assert.rejects(votes(alice, single, 1, 2), code(520000))
      await assert.rejects(votes(alice, single, 3), code(520000))
      await votes(alice, await ask('Both?', true), 1, 2)
    })
    step('its author ends it, with a line that says who won', async () => {
      const message = await ask('Over?')
      await votes(alice, message, 1)
      const ended = await message.poll?.end()
      assert.equal(ended?.poll?.resultsFinalized, true)
      const line = await alice.sees('general', (one) => one.type === POLL_RESULT && one.repliesTo === message.id)
      const fields = Object.fromEntries((line.embeds[0]?.fields ?? []).map(({ name, value }) => [name, value]))
      assert.deepEqual(fields, {
        poll_question_text: 'Over?',
        victor_answer_votes: '1',
        total_votes: '1',
        victor_answer_id: '1',
        victor_answer_text: 'yes',
      })
      await assert.rejects(votes(bob, message, 1), code(520001))
      await assert.rejects(stage.client.rest.post(Routes.expirePoll(stage.general.id, message.id)), code(520001))
    })
    step('time ends it too', async () => {
      const message = await ask('Later?')
      const coming = heard<Message>(stage.client, Events.MessageUpdate, () => true)
      clock.ms += 3_600_001
      await stage.general.sendTyping()
      await coming
      const now = await stage.general.messages.fetch({ message: message.id, force: true })
      assert.equal(now.poll?.resultsFinalized, true)
    })
    step('a poll is not edited, and nothing else is ended', async () => {
      const message = await ask('Fixed?')
      const path = Routes.channelMessage(stage.general.id, message.id)
      await assert.rejects(stage.client.rest.patch(path, { body: { content: 'x' } }), code(520003))
      const other = await stage.general.send('no poll')
      await assert.rejects(stage.client.rest.post(Routes.expirePoll(stage.general.id, other.id)), code(520006))
    })

    step('an announcement is published once, and only in its kind of channel', async () => {
      const guild = stage.client.guilds.cache.first() as Guild
      const news = await guild.channels.create({ name: 'news', type: ChannelType.GuildAnnouncement })
      const sent = await news.send('release')
      const coming = heard<unknown>(stage.client, Events.MessageUpdate, (one) => (one as Message).id === sent.id)
      await sent.crosspost()
      await coming
      assert.equal(sent.flags.has(MessageFlags.Crossposted), true)
      await assert.rejects(sent.crosspost(), code(40033))
      const plain = await stage.general.send('not news')
      await assert.rejects(
        stage.client.rest.post(Routes.channelMessageCrosspost(stage.general.id, plain.id)),
        code(50024),
      )
    })

    const search = async (query: Record<string, string | string[]>) => {
      const asked = new URLSearchParams()
      for (const [key, value] of Object.entries(query)) for (const one of [value].flat()) asked.append(key, one)
      const path = `/guilds/${stage.sandbox.guildId}/messages/search` as const
      const found = (await stage.client.rest.get(path, { query: asked })) as APIMessageSearchResult
      return { total: found.total_results, contents: found.messages.flat().map((message) => message.content) }
    }
    step('search finds words, newest first', async () => {
      await stage.general.send('the purple parrot')
      await alice.says('general', 'A parrot, purple!')
      assert.deepEqual(await search({ content: 'Purple parrot' }), {
        total: 2,
        contents: ['A parrot, purple!', 'the purple parrot'],
      })
      assert.equal((await search({ content: 'green parrot' })).total, 0)
    })
    step('search narrows by author, place, files and pins', async () => {
      assert.deepEqual((await search({ content: 'parrot', author_id: [alice.id] })).contents, ['A parrot, purple!'])
      assert.equal((await search({ content: 'parrot', channel_id: [stage.sandbox.channel('team-only')] })).total, 0)
      const sent = await stage.general.send({
        content: 'filed',
        files: [{ attachment: Buffer.from('x'), name: 'x.txt' }],
      })
      await sent.pin()
      assert.deepEqual((await search({ has: ['file'], pinned: 'true' })).contents, ['filed'])
      assert.equal((await search({ has: ['poll'] })).total >= 5, true)
    })
    step('search shows nothing that one may not see, a page at a time', async () => {
      await alice.says('team-only', 'quiet parrot')
      const asBob = await bob.call<{ total_results: number }>(
        'GET',
        `/guilds/${stage.sandbox.guildId}/messages/search?content=parrot`,
      )
      assert.equal(asBob.total_results, 2)
      const page = await search({ content: 'parrot', limit: '1', offset: '1', sort_order: 'asc' })
      assert.deepEqual(page, { total: 3, contents: ['A parrot, purple!'] })
      await assert.rejects(search({ limit: '26' }), code(50035))
    })
  })
}
