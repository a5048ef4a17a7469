import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { timeOf } from '../../src/core/snowflake.ts'
import { Scene, until } from './scene.ts'

async function heard(scene: Scene, text: string) {
  return until(() => scene.inbox.heard.find((message) => message.text === text), `“${text}”`)
}

describe('what comes in', { concurrency: true }, () => {
  test('a message comes with its place, its person and whether it is for the bot', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const olivia = await scene.sandbox.actor('olivia')
    const said = await alice.says('general', 'just talk')
    const { at, ...talk } = await heard(scene, 'just talk')
    assert.equal(at, timeOf(said.id))
    assert.deepEqual(talk, {
      id: said.id,
      place: scene.place('general'),
      author: { id: alice.id, name: 'Alice', locale: 'en', roles: [] },
      text: 'just talk',
      addressed: false,
      aside: false,
      files: [],
      quotes: [],
    })

    await olivia.says('general', `${alice.mentions()} do this`)
    const mentioned = await heard(scene, 'do this')
    assert.equal(mentioned.addressed, true)
    assert.deepEqual(mentioned.author.roles, [scene.owner])

    await scene.chat.tell(scene.place('general'), 'something of mine', { nonce: '1', replyTo: null, mention: null })
    const mine = await alice.sees('general', 'something of mine')
    await alice.says('general', 'and more?', { replyTo: mine })
    assert.equal((await heard(scene, 'and more?')).addressed, true)

    await alice.says('general', 'to a person', { replyTo: said })
    assert.equal((await heard(scene, 'to a person')).addressed, false)
    assert.equal((await heard(scene, 'to a person')).aside, true)
  })

  test('somebody who begins to type is told of, with what they may be', async () => {
    await using scene = await Scene.open()
    const olivia = await scene.sandbox.actor('olivia')
    await olivia.typing('general')
    const [typed] = await until(() => (scene.inbox.typed.length > 0 ? scene.inbox.typed : null), 'typing')
    assert.deepEqual(typed, { place: scene.place('general'), person: olivia.id, roles: [scene.owner] })
  })

  test('the bot’s own role is as good as its name; who is mentioned in the middle is named', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const [guild] = scene.sandbox.world.guilds.values()
    const role = [...(guild?.roles.values() ?? [])].find((each) => each.botId === scene.sandbox.bot.id)
    await alice.says('general', `<@&${role?.id}> by role`)
    assert.equal((await heard(scene, 'by role')).addressed, true)
    await alice.says('general', `ask ${alice.mentions()} about ${alice.mentions(alice.id)}`)
    assert.equal((await heard(scene, 'ask @orchestrator about @Alice')).addressed, true)
  })

  test('threads, new and unknown to the bot, and DMs are places', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const thread = await alice.opensThread('general', 'shop')
    await alice.says(thread, 'in a thread')
    assert.deepEqual((await heard(scene, 'in a thread')).place, scene.thread(thread))

    const dm = await alice.opensDm()
    await alice.says(dm, 'in private')
    const { place, author } = await heard(scene, 'in private')
    assert.deepEqual(place, { kind: 'dm', id: dm.id })
    assert.deepEqual(author.roles, [])

    // The thread is created while the bot does not hear it.
    const fault = scene.sandbox.faults.add({ kind: 'gateway.lose', event: 'THREAD_CREATE|THREAD_UPDATE' })
    const unheard = await alice.opensThread('general', 'unheard')
    await alice.says(unheard, 'from nowhere')
    await alice.says(unheard, 'in order')
    assert.deepEqual((await heard(scene, 'in order')).place, scene.thread(unheard))
    assert.deepEqual(scene.inbox.story.slice(-2), ['from nowhere', 'in order'])

    // Nor can Discord say where that is, for longer than a call is tried.
    const dumb = scene.sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '/channels/\\d+$', times: 6 })
    const hidden = await alice.opensThread('general', 'unheard as well')
    await alice.says(hidden, 'in the dark')
    await alice.says(hidden, 'and in order')
    await heard(scene, 'and in order')
    assert.equal(dumb.hits, 6)
    assert.deepEqual(scene.inbox.story.slice(-2), ['in the dark', 'and in order'])
    fault.remove()
  })

  test('what the bot itself says is nobody’s message', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    await scene.chat.tell(scene.place('general'), 'mine', { nonce: '1', replyTo: null, mention: null })
    await alice.sees('general', 'mine')
    await alice.says('general', 'hers')
    await heard(scene, 'hers')
    assert.deepEqual(scene.inbox.story, ['(gap)', 'hers'])
  })

  test('a deleted thread is reported', async () => {
    await using scene = await Scene.open()
    const olivia = await scene.sandbox.actor('olivia')
    const thread = await olivia.opensThread('general', 'shop')
    await olivia.call('DELETE', `/channels/${thread.id}`)
    await until(() => scene.inbox.gone.some((place) => place === thread.id), 'the deletion')
  })

  test('events that come twice or out of order reach the inbox, which copes', async () => {
    await using scene = await Scene.open()
    const alice = await scene.sandbox.actor('alice')
    const { faults } = scene.sandbox
    faults.add({ kind: 'gateway.duplicate', event: 'MESSAGE_CREATE', times: 1 })
    await alice.says('general', 'twice')
    await until(() => scene.inbox.heard.filter((message) => message.text === 'twice').length === 2, 'both')
    faults.add({ kind: 'gateway.reorder', event: 'MESSAGE_CREATE', times: 1 })
    await alice.says('general', 'second')
    await alice.says('general', 'first')
    await heard(scene, 'second')
    assert.deepEqual(scene.inbox.story.slice(-2), ['first', 'second'])
  })

  test('a dispatch that cannot be read is dropped and logged; the next one is heard', async () => {
    await using scene = await Scene.open({ lawless: true })
    const alice = await scene.sandbox.actor('alice')
    const { faults } = scene.sandbox
    for (const fields of [['author'], ['id'], ['mentions']]) {
      faults.add({ kind: 'gateway.nullFields', event: 'MESSAGE_CREATE', fields, times: 1 })
      await alice.says('general', `without ${fields[0]}`)
    }
    await heard(scene, 'without mentions')
    faults.add({ kind: 'gateway.nullFields', event: 'THREAD_CREATE', fields: ['id', 'type', 'parent_id'], times: 1 })
    await alice.opensThread('general', 'broken')
    faults.add({ kind: 'gateway.unknownFields', event: 'MESSAGE_CREATE', times: 1 })
    await alice.says('general', 'with more than is known')
    await heard(scene, 'with more than is known')
    assert.ok(scene.log.all('discord.malformed').length >= 2)
    assert.equal(scene.chat.state().state, 'ready')
  })

  test('a person’s language is that of their last interaction, else the guild’s', async () => {
    await using scene = await Scene.open()
    const minji = await scene.sandbox.actor('minji')
    await scene.chat.registered
    await minji.says('general', 'before')
    assert.equal((await heard(scene, 'before')).author.locale, 'en')
    await minji.runs('general', '/health')
    await minji.says('general', 'after')
    assert.equal((await heard(scene, 'after')).author.locale, 'ko')
  })
})
