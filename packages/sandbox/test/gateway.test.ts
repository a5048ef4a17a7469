import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { once } from 'node:events'
import { Client, Events, GatewayIntentBits } from 'discord.js'
import { WebSocket } from 'ws'
import { startSandbox } from '../src/sandbox.ts'
import { closing, heard, openStage } from './stage.ts'
import type { Message } from 'discord.js'
import type { Sandbox } from '../src/sandbox.ts'

/** A bare client, to say what a good library never would. */
async function raw(sandbox: Sandbox, query = 'v=10&encoding=json') {
  const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/gateway/?${query}`)
  const heardPayloads: { op: number; t: string | null; s: number | null; d: Record<string, unknown> }[] = []
  let stir = () => {}
  socket.on('message', (data) => {
    heardPayloads.push(JSON.parse((data as Buffer).toString('utf8')) as (typeof heardPayloads)[number])
    stir()
  })
  const closed = once(socket, 'close').then(([code]) => Number(code))
  await once(socket, 'open')
  const payload = async (fits: (one: (typeof heardPayloads)[number]) => boolean) => {
    const deadline = Date.now() + 180_000
    for (;;) {
      const found = heardPayloads.find(fits)
      if (found) return found
      if (Date.now() > deadline)
        throw new Error(`not heard; heard ${heardPayloads.map((one) => one.t ?? one.op).join(', ')}`)
      await Promise.race([
        new Promise<void>((resolve) => (stir = resolve)),
        new Promise((resolve) => setTimeout(resolve, 1_000).unref()),
      ])
    }
  }
  const send = (body: unknown) => socket.send(typeof body === 'string' ? body : JSON.stringify(body))
  return { socket, closed, payload, send, heardPayloads }
}

const identify = (sandbox: Sandbox, extra: object = {}) => ({
  op: 2,
  d: { token: sandbox.bot.token, intents: 513 | (1 << 15), properties: {}, ...extra },
})

describe('close codes', { concurrency: true }, () => {
  const cases: [string, number, (sandbox: Sandbox) => unknown[]][] = [
    ['an unknown opcode', 4001, () => [{ op: 99, d: null }]],
    ['no JSON', 4002, () => ['{']],
    ['more than 4096 bytes', 4002, () => [{ op: 1, d: 'x'.repeat(4100) }]],
    ['a member request before identify', 4003, () => [{ op: 8, d: {} }]],
    ['a wrong token', 4004, (sandbox) => [identify(sandbox, { token: 'nonsense' })]],
    ['identify twice', 4005, (sandbox) => [identify(sandbox), identify(sandbox)]],
    ['too many payloads', 4008, () => Array.from({ length: 121 }, () => ({ op: 1, d: null }))],
    ['a shard beyond the count', 4010, (sandbox) => [identify(sandbox, { shard: [2, 2] })]],
    ['no intents', 4013, (sandbox) => [{ op: 2, d: { token: sandbox.bot.token, properties: {} } }]],
    ['unknown intents', 4013, (sandbox) => [identify(sandbox, { intents: 1 << 30 })]],
  ]
  for (const [what, expected, payloads] of cases) {
    test(`${what} closes with ${expected}`, async (context) => {
      const sandbox = closing(context, await startSandbox())
      const client = await raw(sandbox)
      for (const one of payloads(sandbox)) client.send(one)
      assert.equal(await client.closed, expected)
    })
  }
  test('an old version closes with 4012', async (context) => {
    const sandbox = closing(context, await startSandbox())
    assert.equal(await (await raw(sandbox, 'v=6')).closed, 4012)
  })
  test('more guilds than a shard may have close with 4011', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const { guilds } = sandbox.world
    const model = sandbox.world.guild(sandbox.guildId)
    for (let index = 0; index < 2500; index++) guilds.set(`7${index}`, { ...model, id: `7${index}` })
    const client = await raw(sandbox)
    client.send(identify(sandbox))
    assert.equal(await client.closed, 4011)
  })
  test('a privileged intent that is switched off closes with 4014', async (context) => {
    const sandbox = closing(context, await startSandbox({ world: { bot: { privilegedIntents: 0 } } }))
    const client = await raw(sandbox)
    client.send(identify(sandbox))
    assert.equal(await client.closed, 4014)
  })
})

describe('sessions', { concurrency: true }, () => {
  test('heartbeats are acknowledged', async (context) => {
    const sandbox = closing(context, await startSandbox({ heartbeatMs: 41_234 }))
    const client = await raw(sandbox)
    assert.equal((await client.payload((one) => one.op === 10)).d['heartbeat_interval'], 41_234)
    client.send({ op: 1, d: null })
    await client.payload((one) => one.op === 11)
    client.socket.close()
  })
  test('a client that does not beat is closed with 4009', async (context) => {
    const sandbox = closing(context, await startSandbox({ heartbeatMs: 20 }))
    const client = await raw(sandbox)
    assert.equal(await client.closed, 4009)
  })
  test('RESUME replays what was missed, in order, then RESUMED', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    const first = await raw(sandbox)
    first.send(identify(sandbox))
    const ready = await first.payload((one) => one.t === 'READY')
    await first.payload((one) => one.t === 'GUILD_CREATE')
    first.socket.terminate()
    await first.closed
    for (const text of ['one', 'two', 'three']) await alice.says('general', text)
    const second = await raw(sandbox)
    second.send({ op: 6, d: { token: sandbox.bot.token, session_id: ready.d['session_id'], seq: 2 } })
    await second.payload((one) => one.t === 'RESUMED')
    const dispatches = second.heardPayloads.filter((one) => one.op === 0)
    assert.deepEqual(
      dispatches.map((one) => one.d['content'] ?? one.t),
      ['one', 'two', 'three', 'RESUMED'],
    )
    assert.deepEqual(
      dispatches.map((one) => one.s),
      [3, 4, 5, 6],
    )
    second.socket.close()
  })
  test('a sequence from the future closes with 4007', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const first = await raw(sandbox)
    first.send(identify(sandbox))
    const ready = await first.payload((one) => one.t === 'READY')
    first.socket.terminate()
    const second = await raw(sandbox)
    second.send({ op: 6, d: { token: sandbox.bot.token, session_id: ready.d['session_id'], seq: 99 } })
    assert.equal(await second.closed, 4007)
  })
  test('an unknown session, and one that said goodbye, are invalid', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const first = await raw(sandbox)
    first.send(identify(sandbox))
    const ready = await first.payload((one) => one.t === 'READY')
    first.socket.close(1000)
    await first.closed
    const second = await raw(sandbox)
    second.send({ op: 6, d: { token: sandbox.bot.token, session_id: ready.d['session_id'], seq: 1 } })
    assert.equal((await second.payload((one) => one.op === 9)).d, false)
    second.socket.close()
  })
  test('without the message content intent the text is empty, except where Discord makes an exception', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    const client = await raw(sandbox)
    client.send(identify(sandbox, { intents: 513 | (1 << 12) }))
    await client.payload((one) => one.t === 'GUILD_CREATE')
    const dm = await alice.opensDm()
    await alice.says('general', 'not for you')
    await alice.says('general', `${alice.mentions()} for you`)
    await alice.says(dm, 'in private')
    await client.payload((one) => one.d?.['content'] === 'in private')
    const contents = client.heardPayloads.filter((one) => one.t === 'MESSAGE_CREATE').map((one) => one.d['content'])
    assert.deepEqual(contents, ['', `${alice.mentions()} for you`, 'in private'])
    client.socket.close()
  })
  test('intents that were not asked for are not sent', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    const client = await raw(sandbox)
    client.send(identify(sandbox, { intents: 1 }))
    await client.payload((one) => one.t === 'GUILD_CREATE')
    await alice.says('general', 'unheard')
    await alice.opensThread('general', 'heard')
    await client.payload((one) => one.t === 'THREAD_CREATE')
    assert.equal(
      client.heardPayloads.some((one) => one.t === 'MESSAGE_CREATE'),
      false,
    )
    client.socket.close()
  })
  test('two shards share the guilds, and DMs go to the first', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    const owner = Number((BigInt(sandbox.guildId) >> 22n) % 2n)
    const shards = await Promise.all(
      [0, 1].map(async (index) => {
        const client = await raw(sandbox)
        client.send(identify(sandbox, { shard: [index, 2], intents: 513 | (1 << 12) | (1 << 15) }))
        await client.payload((one) => one.t === 'READY')
        return client
      }),
    )
    await alice.says('general', 'guild')
    await alice.says(await alice.opensDm(), 'dm')
    await shards[owner]?.payload((one) => one.d?.['content'] === 'guild')
    await shards[0]?.payload((one) => one.d?.['content'] === 'dm')
    assert.equal(
      shards[1 - owner]?.heardPayloads.some((one) => one.d?.['content'] === 'guild'),
      false,
    )
    for (const client of shards) client.socket.close()
  })
  test('the count of identifies goes down as Discord’s does', async (context) => {
    const stage = closing(context, await openStage())
    const left = async () => {
      const body = (await stage.client.rest.get('/gateway/bot')) as { session_start_limit: { remaining: number } }
      return body.session_start_limit.remaining
    }
    assert.equal(await left(), 999)
    stage.oracle.assertClean()
  })
})

describe('faults a bot lives through', { concurrency: true }, () => {
  const back = (client: Client) => heard(client, Events.ShardResume, () => true)

  test('a broken socket resumes, and nothing is lost', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const resumed = back(stage.client)
    const coming = heard<Message>(stage.client, Events.MessageCreate, (message) => message.content === 'meanwhile')
    stage.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await alice.says('general', 'meanwhile')
    await Promise.all([resumed, coming])
  })
  test('op 7 makes it resume', async (context) => {
    const stage = closing(context, await openStage())
    const resumed = back(stage.client)
    stage.sandbox.faults.add({ kind: 'gateway.reconnect' })
    await resumed
  })
  test('op 9 that may be resumed, and one that may not', async (context) => {
    const stage = closing(context, await openStage())
    const resumed = back(stage.client)
    stage.sandbox.faults.add({ kind: 'gateway.invalidate', resumable: true })
    await resumed
    const anew = heard(stage.client, Events.ShardReady, () => true)
    stage.sandbox.faults.add({ kind: 'gateway.invalidate', resumable: false })
    await anew
  })
  test('a refused RESUME leads to a fresh session', async (context) => {
    const stage = closing(context, await openStage())
    const refused = stage.sandbox.faults.add({ kind: 'gateway.refuseResume', times: 1 })
    const anew = heard(stage.client, Events.ShardReady, () => true)
    stage.sandbox.faults.add({ kind: 'gateway.disconnect' })
    await anew
    assert.equal(refused.hits, 1)
  })
  test('a close code and refused upgrades are outlived', async (context) => {
    const stage = closing(context, await openStage())
    const refused = stage.sandbox.faults.add({ kind: 'gateway.refuseUpgrade', times: 2 })
    const resumed = back(stage.client)
    stage.sandbox.faults.add({ kind: 'gateway.close', code: 4000 })
    await resumed
    assert.equal(refused.hits, 2)
  })
  test('missing acknowledgements make a zombie reconnect', async (context) => {
    const stage = closing(context, await openStage({ heartbeatMs: 300 }))
    const mute = stage.sandbox.faults.add({ kind: 'gateway.muteAcks', times: 2 })
    await back(stage.client)
    assert.ok(mute.hits >= 1)
  })
  test('delayed dispatches keep their order', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const order: string[] = []
    stage.client.on(Events.MessageCreate, (message) => order.push(message.content))
    stage.sandbox.faults.add({ kind: 'gateway.delay', event: 'MESSAGE_CREATE', ms: 150, times: 1 })
    const last = heard<Message>(stage.client, Events.MessageCreate, (message) => message.content === '3')
    for (const text of ['1', '2', '3']) await alice.says('general', text)
    await last
    assert.deepEqual(order, ['1', '2', '3'])
  })
  test('duplicates, reordering, loss, unknown and null fields', async (context) => {
    const stage = closing(context, await openStage())
    const alice = await stage.sandbox.actor('alice')
    const { faults } = stage.sandbox
    const order: string[] = []
    stage.client.on(
      Events.Raw,
      (packet: { t: string; d: { content: string; a_field_of_tomorrow?: unknown; tts?: unknown } }) => {
        if (packet.t !== 'MESSAGE_CREATE') return
        order.push(
          packet.d.content +
            (packet.d.a_field_of_tomorrow === undefined ? '' : '+') +
            (packet.d.tts === null ? '0' : ''),
        )
      },
    )
    const event = 'MESSAGE_CREATE'
    const steps: [string, () => void][] = [
      ['twice', () => faults.add({ kind: 'gateway.duplicate', event, times: 1 })],
      ['later', () => faults.add({ kind: 'gateway.reorder', event, times: 1 })],
      ['sooner', () => {}],
      ['never', () => faults.add({ kind: 'gateway.lose', event, times: 1 })],
      ['odd', () => faults.add({ kind: 'gateway.unknownFields', event, times: 1 })],
      ['null', () => faults.add({ kind: 'gateway.nullFields', event, fields: ['tts'], times: 1 })],
    ]
    const last = heard<Message>(stage.client, Events.MessageCreate, (message) => message.content === 'null')
    for (const [text, arrange] of steps) {
      arrange()
      await alice.says('general', text)
    }
    await last
    assert.deepEqual(order, ['twice', 'twice', 'sooner', 'later', 'odd+', 'null0'])
    assert.deepEqual(
      faults.list().map((one) => one.hits),
      [1, 1, 1, 1, 1],
    )
  })
  test('a login with a wrong token fails', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const client = new Client({ rest: { api: sandbox.api }, intents: [GatewayIntentBits.Guilds] })
    await assert.rejects(client.login('wrong'), (error) => error instanceof Error)
    await client.destroy()
  })
})
