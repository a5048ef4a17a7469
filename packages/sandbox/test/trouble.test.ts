import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Events } from 'discord.js'
import { startSandbox } from '../src/sandbox.ts'
import { code } from './refusals.ts'
import { closing, HandClock, heard, openStage } from './stage.ts'
import type { Message } from 'discord.js'

/** Asks without a library that would wait and retry. */
function asker(sandbox: { api: string; bot: { token: string } }) {
  return (method: string, path: string, body?: object) =>
    fetch(`${sandbox.api}/v10${path}`, {
      method,
      headers: { authorization: `Bot ${sandbox.bot.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
}

describe('limits', { concurrency: true }, () => {
  test('off says nothing of limits', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const answer = await asker(sandbox)('GET', '/users/@me')
    assert.equal(answer.headers.get('x-ratelimit-limit'), null)
  })
  test('the sixth message within five seconds meets a 429 with all its headers', async (context) => {
    const clock = new HandClock()
    const sandbox = closing(context, await startSandbox({ limits: 'real', clock }))
    const ask = asker(sandbox)
    const path = `/channels/${sandbox.channel('general')}/messages`
    const answers = []
    for (let index = 0; index < 6; index++) answers.push(await ask('POST', path, { content: `${index}` }))
    assert.deepEqual(
      answers.map((one) => one.status),
      [200, 200, 200, 200, 200, 429],
    )
    assert.deepEqual(
      answers.slice(0, 5).map((one) => one.headers.get('x-ratelimit-remaining')),
      ['4', '3', '2', '1', '0'],
    )
    const refused = answers[5] as Response
    assert.equal(refused.headers.get('x-ratelimit-scope'), 'user')
    assert.ok(Number(refused.headers.get('x-ratelimit-reset')) > clock.now() / 1000)
    const body = (await refused.json()) as { retry_after: number; global: boolean }
    assert.equal(body.global, false)
    assert.ok(body.retry_after > 0 && body.retry_after <= 5)
    assert.ok(Number(refused.headers.get('retry-after')) >= body.retry_after)
    assert.equal((await ask('POST', `/channels/${sandbox.channel('general')}/typing`)).status, 204)
  })
  test('posts and edits of a channel tell the same bucket, and are counted apart', async (context) => {
    for (const limits of ['real', 'sliding'] as const) {
      const sandbox = closing(context, await startSandbox({ limits, clock: new HandClock() }))
      const ask = asker(sandbox)
      const path = `/channels/${sandbox.channel('general')}/messages`
      const posted = await ask('POST', path, { content: 'one' })
      const { id } = (await posted.json()) as { id: string }
      const edited = await ask('PATCH', `${path}/${id}`, { content: 'two' })
      const [ofPost, ofEdit] = [posted, edited].map(({ headers }) => headers)
      assert.equal(ofPost?.get('x-ratelimit-bucket'), ofEdit?.get('x-ratelimit-bucket'))
      assert.deepEqual(
        [ofPost, ofEdit].map((headers) => headers?.get('x-ratelimit-remaining')),
        ['4', '4'],
      )
      const deleted = await ask('DELETE', `${path}/${id}`)
      assert.notEqual(deleted.headers.get('x-ratelimit-bucket'), ofPost?.get('x-ratelimit-bucket'))
    }
  })
  test('a window that slides gives one request back at a time, and its end moves', async (context) => {
    const clock = new HandClock()
    const sandbox = closing(context, await startSandbox({ limits: 'sliding', clock }))
    const ask = asker(sandbox)
    const post = () => ask('POST', `/channels/${sandbox.channel('general')}/messages`, { content: 'x' })
    const told = ({ status, headers }: Response) => [
      status,
      headers.get('x-ratelimit-remaining'),
      headers.get('x-ratelimit-reset-after'),
    ]
    assert.deepEqual(told(await post()), [200, '4', '1.000'])
    clock.ms += 500
    assert.deepEqual(told(await post()), [200, '3', '1.500'])
    for (let index = 0; index < 3; index++) await post()
    const refused = await post()
    assert.deepEqual(told(refused), [429, '0', '4.500'])
    assert.equal(((await refused.json()) as { retry_after: number }).retry_after, 0.5)
    clock.ms += 500
    assert.deepEqual(told(await post()), [200, '0', '5.000'])
    assert.equal((await post()).status, 429)
    clock.ms += 5000
    assert.deepEqual(told(await post()), [200, '4', '1.000'])
  })
  test('discord.js waits by the headers and loses nothing', async (context) => {
    const stage = closing(context, await openStage({ limits: 'storm' }))
    const alice = await stage.sandbox.actor('alice')
    await Promise.all(Array.from({ length: 4 }, (_, index) => stage.general.send(`storm ${index}`)))
    for (let index = 0; index < 4; index++) await alice.sees('general', `storm ${index}`)
    stage.oracle.assertClean()
  })
  test('a third rename within ten minutes is refused, though the headers promised it', async (context) => {
    const sandbox = closing(
      context,
      await startSandbox({ limits: 'real', world: { bot: { permissions: ['Administrator'] } } }),
    )
    const ask = asker(sandbox)
    const rename = (name: string) => ask('PATCH', `/channels/${sandbox.channel('general')}`, { name })
    const id = sandbox.channel('general')
    assert.equal((await rename('one')).status, 200)
    const second = await ask('PATCH', `/channels/${id}`, { name: 'two' })
    assert.equal(second.headers.get('x-ratelimit-remaining'), '3')
    const third = await ask('PATCH', `/channels/${id}`, { name: 'three' })
    assert.equal(third.status, 429)
    assert.ok(((await third.json()) as { retry_after: number }).retry_after > 500)
    assert.equal((await ask('PATCH', `/channels/${id}`, { nsfw: false })).status, 200)
  })
  test('edits of messages older than an hour have a limit of their own: 30046', async (context) => {
    const clock = new HandClock()
    for (const limits of ['real', 'sliding'] as const) {
      const sandbox = closing(context, await startSandbox({ limits, clock }))
      const ask = asker(sandbox)
      const path = `/channels/${sandbox.channel('general')}/messages`
      const { id } = (await (await ask('POST', path, { content: 'old' })).json()) as { id: string }
      clock.ms += 3_600_001
      const statuses = []
      for (let index = 0; index < 4; index++)
        statuses.push((await ask('PATCH', `${path}/${id}`, { content: `${index}` })).status)
      assert.deepEqual(statuses, [200, 200, 200, 429])
      const refused = await ask('PATCH', `${path}/${id}`, { content: 'x' })
      assert.equal(((await refused.json()) as { code: number }).code, 30046)
      clock.ms += 6001
      assert.equal((await ask('PATCH', `${path}/${id}`, { content: 'again' })).status, 200)
    }
  })
  test('fifty requests a second are the global limit', async (context) => {
    const clock = new HandClock()
    const sandbox = closing(context, await startSandbox({ limits: 'real', clock }))
    const ask = asker(sandbox)
    for (let index = 0; index < 50; index++) await ask('GET', index % 2 ? '/users/@me' : '/gateway/bot')
    const refused = await ask('GET', '/users/@me')
    assert.equal(refused.status, 429)
    assert.equal(refused.headers.get('x-ratelimit-global'), 'true')
    assert.equal(((await refused.json()) as { global: boolean }).global, true)
    // Interactions are answered whatever else the bot does.
    assert.equal((await ask('POST', '/interactions/1/token/callback', { type: 5 })).status, 404)
    assert.equal((await ask('PATCH', '/webhooks/1/token/messages/@original', { content: 'x' })).status, 404)
    clock.ms += 1001
    assert.equal((await ask('GET', '/users/@me')).status, 200)
  })
  test('thread creation is limited for everybody together', async (context) => {
    const sandbox = closing(context, await startSandbox({ limits: 'storm', clock: new HandClock() }))
    const ask = asker(sandbox)
    const open = (name: string) => ask('POST', `/channels/${sandbox.channel('general')}/threads`, { name, type: 11 })
    const answers = []
    for (let index = 0; index < 5; index++) answers.push(await open(`${index}`))
    const refused = answers.find((one) => one.status === 429)
    assert.equal(refused?.headers.get('x-ratelimit-scope'), 'shared')
  })
})

test('a person who takes no direct messages', async (context) => {
  const stage = closing(
    context,
    await openStage({
      world: { guild: { people: ['olivia', { name: 'shy', acceptsDms: false }] } },
    }),
  )
  const shy = [...stage.sandbox.world.users.values()].find((user) => user.username === 'shy')
  const dm = await stage.client.users.createDM(shy?.id ?? '')
  await assert.rejects(dm.send('hello?'), code(50007, 403))
  stage.oracle.assertClean()
})

describe('faults of REST', { concurrency: true }, () => {
  test('the effect happens, its answer is held until released', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const hold = stage.sandbox.faults.add({ kind: 'rest.hold', method: 'POST', path: '/messages$', times: 1 })
    let answered = false
    const sending = stage.general.send('held').then(() => (answered = true))
    await alice.sees('general', 'held')
    await hold.struck()
    assert.equal(answered, false)
    assert.equal(hold.held, 1)
    hold.release()
    await sending
  })
  test('a hold may end by itself', async (context) => {
    const stage = closing(context, await openStage())
    const hold = stage.sandbox.faults.add({ kind: 'rest.hold', path: '/messages$', ms: 50, times: 1 })
    await stage.general.send('late')
    assert.equal(hold.hits, 1)
  })
  test('a connection that breaks after the effect leaves one message, thanks to the nonce', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const drop = stage.sandbox.faults.add({
      kind: 'rest.drop',
      when: 'after',
      method: 'POST',
      path: '/messages$',
      times: 1,
    })
    await stage.general
      .send({ content: 'exactly once', nonce: 'k', enforceNonce: true })
      .catch(() => stage.general.send({ content: 'exactly once', nonce: 'k', enforceNonce: true }))
    assert.equal(drop.hits, 1)
    await alice.sees('general', 'exactly once')
    assert.equal((await stage.general.messages.fetch()).filter((message) => message.content === 'exactly once').size, 1)
  })
  test('a connection that breaks before has no effect', async (context) => {
    const sandbox = closing(context, await startSandbox())
    sandbox.faults.add({ kind: 'rest.drop', when: 'before', times: 1 })
    const ask = asker(sandbox)
    const path = `/channels/${sandbox.channel('general')}/messages`
    await assert.rejects(ask('POST', path, { content: 'x' }))
    assert.deepEqual(await (await ask('GET', path)).json(), [])
  })
  test('500s and 502s, for matching requests only', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const ask = asker(sandbox)
    const fault = sandbox.faults.add({ kind: 'rest.error', method: 'GET', path: '^/users/', status: 502, times: 2 })
    assert.equal((await ask('GET', '/gateway/bot')).status, 200)
    assert.equal((await ask('GET', '/users/@me')).status, 502)
    assert.equal((await ask('GET', '/users/@me')).status, 502)
    assert.equal((await ask('GET', '/users/@me')).status, 200)
    assert.equal(fault.hits, 2)
  })
  test('429s of every kind', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const ask = asker(sandbox)
    sandbox.faults.add({ kind: 'rest.limit', scope: 'shared', retryAfter: 7.5, times: 1 })
    const shared = await ask('GET', '/users/@me')
    assert.equal(shared.headers.get('x-ratelimit-scope'), 'shared')
    assert.equal(shared.headers.get('retry-after'), '8')
    sandbox.faults.add({ kind: 'rest.limit', scope: 'global', headers: false, times: 1 })
    const bare = await ask('GET', '/users/@me')
    assert.equal(bare.headers.get('retry-after'), null)
    assert.equal(((await bare.json()) as { global: boolean }).global, true)
    sandbox.faults.add({ kind: 'rest.limit', html: true, times: 1 })
    const page = await ask('GET', '/users/@me')
    assert.equal(page.status, 429)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
  })
  test('an attachment that is no longer there', async (context) => {
    const stage = closing(context, await openStage())
    const sent = await stage.general.send({ files: [{ attachment: Buffer.from('x'), name: 'x.txt' }] })
    const missing = stage.sandbox.faults.add({ kind: 'cdn.missing' })
    assert.equal((await fetch(sent.attachments.first()?.url ?? '')).status, 404)
    missing.remove()
    assert.equal((await fetch(sent.attachments.first()?.url ?? '')).status, 200)
  })
  test('people are not disturbed', async (context) => {
    const sandbox = closing(context, await startSandbox())
    sandbox.faults.add({ kind: 'rest.error', status: 500 })
    const alice = await sandbox.actor('alice')
    await alice.says('general', 'fine')
    assert.equal(sandbox.faults.list()[0]?.hits, 0)
  })
})

describe('the sandbox’s own routes', { concurrency: true }, () => {
  test('people, info, controls, faults and oracle over HTTP, and the page', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'page-'))
    await writeFile(join(folder, 'index.html'), '<title>page</title>')
    let pressed = 0
    try {
      const stage = closing(
        context,
        await openStage({
          page: folder,
          controls: [{ id: 'kill', label: 'Kill the bot', run: () => void pressed++ }],
        }),
      )
      const { url } = stage.sandbox
      const json = async (path: string, init?: RequestInit) =>
        (await fetch(`${url}${path}`, init)).json() as Promise<never>
      const people = (await json('/sandbox/people')) as { user: { username: string }; token: string; note: string }[]
      assert.deepEqual(
        people.map((one) => one.user.username),
        ['olivia', 'alice', 'bob'],
      )
      assert.equal(people[0]?.note, 'owner')
      assert.deepEqual(((await json('/sandbox/info')) as { controls: unknown }).controls, [
        { id: 'kill', label: 'Kill the bot' },
      ])
      await fetch(`${url}/sandbox/controls/kill`, { method: 'POST' })
      assert.equal(pressed, 1)
      const made = (await json('/sandbox/faults', {
        method: 'POST',
        body: JSON.stringify({ kind: 'rest.error', times: 1 }),
      })) as { id: string }
      assert.equal(((await json('/sandbox/faults')) as unknown[]).length, 1)
      assert.equal((await fetch(`${url}/sandbox/faults/${made.id}`, { method: 'DELETE' })).status, 204)
      assert.equal((await fetch(`${url}/sandbox/faults`, { method: 'POST', body: '{"kind":"nonsense"}' })).status, 400)
      assert.equal(((await json('/sandbox/oracle')) as { violationCount: number }).violationCount, 0)
      assert.match(await (await fetch(`${url}/`)).text(), /<title>page/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  test('a page of another site cannot turn the switches', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const from = (origin: string) =>
      fetch(`${sandbox.url}/sandbox/faults`, { method: 'POST', headers: { origin }, body: '{"kind":"cdn.missing"}' })
    assert.equal((await from('https://evil.example')).status, 403)
    assert.equal((await from(sandbox.url)).status, 201)
  })
  test('a person who is not there, and a channel', async (context) => {
    const sandbox = closing(context, await startSandbox())
    await assert.rejects(async () => sandbox.actor('nobody'), /no person "nobody"/)
    assert.throws(() => sandbox.channel('nowhere'), /no channel or thread "nowhere"/)
  })
  test('what an actor waits for in vain is told with what they saw', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    await alice.says('general', 'something else')
    await assert.rejects(
      alice.sees('general', 'the answer', { within: 30 }),
      /alice does not see the answer in general:\n {2}alice: something else/,
    )
  })
  test('the transcript reads like the channel', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const coming = heard<Message>(stage.client, Events.MessageCreate)
    await alice.says('general', 'hello bot')
    await (await coming).reply('hello alice')
    assert.match(
      stage.sandbox.transcript('general'),
      /# general\n\S+ alice: hello bot\n\S+ orchestrator \(→ \d+\): hello alice/,
    )
  })
  test('closing twice, with people and bots connected, leaves nothing behind', async () => {
    const sandbox = await startSandbox()
    const alice = await sandbox.actor('alice')
    await alice.says('general', 'bye')
    await Promise.all([sandbox.close(), sandbox.close()])
    await assert.rejects(fetch(sandbox.url))
  })
  test('a person’s token is no bot’s, and the other way round', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    await assert.rejects(alice.call('GET', '/gateway/bot'), code(0, 401))
    const answer = await asker(sandbox)('POST', '/interactions', {})
    assert.equal(answer.status, 403)
  })
})
