import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { constants, createInflate, createZstdDecompress } from 'node:zlib'
import { Client, Events, GatewayIntentBits } from 'discord.js'
import { WebSocket } from 'ws'
import { startSandbox } from '../src/sandbox.ts'
import { code } from './refusals.ts'
import { closing, HandClock, heard, openStage } from './stage.ts'
import type { Actor } from '../src/actors/actor.ts'
import type { Sandbox } from '../src/sandbox.ts'

const asBot = (sandbox: Sandbox, path: string, token = sandbox.bot.token) =>
  fetch(`${sandbox.api}/v10${path}`, { headers: { authorization: `Bot ${token}` } })

describe('the edge before Discord', { concurrency: true }, () => {
  test('bans by address who asks in vain too often, for as long as the window lasts', async (context) => {
    const clock = new HandClock()
    const sandbox = closing(context, await startSandbox({ clock, invalidRequests: 3 }))
    const alice = await sandbox.actor('alice')
    const statuses = []
    for (let index = 0; index < 4; index++) statuses.push((await asBot(sandbox, '/users/@me', 'wrong')).status)
    assert.deepEqual(statuses, [401, 401, 401, 401])
    const banned = await asBot(sandbox, '/users/@me')
    assert.equal(banned.status, 429)
    assert.match(banned.headers.get('content-type') ?? '', /text\/html/)
    assert.match(await banned.text(), /1015/)
    assert.equal(Number(banned.headers.get('retry-after')) <= 600, true)
    await alice.says('general', 'people are not meant')
    clock.ms += 10 * 60_000 + 1
    assert.equal((await asBot(sandbox, '/users/@me')).status, 200)
  })
  test('ends no idle connection, so none is ended under a request', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const { headers } = await asBot(sandbox, '/users/@me')
    assert.deepEqual([headers.get('connection'), headers.get('keep-alive')], ['keep-alive', null])
  })
  test('does not count what a shared limit refused, nor what is only wrong', async (context) => {
    const sandbox = closing(context, await startSandbox({ invalidRequests: 1 }))
    for (let index = 0; index < 3; index++) {
      sandbox.faults.add({ kind: 'rest.limit', scope: 'shared', times: 1 })
      assert.equal((await asBot(sandbox, '/users/@me')).status, 429)
      assert.equal((await asBot(sandbox, '/channels/1')).status, 404)
    }
    assert.equal((await asBot(sandbox, '/users/@me')).status, 200)
  })
})

describe('packed gateways', { concurrency: true }, () => {
  for (const [name, unpacker] of [
    ['zlib-stream', () => createInflate({ finishFlush: constants.Z_SYNC_FLUSH })],
    ['zstd-stream', () => createZstdDecompress()],
  ] as const) {
    test(`${name}: one context for the whole connection`, async (context) => {
      const sandbox = closing(context, await startSandbox())
      const alice = await sandbox.actor('alice')
      const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/gateway/?v=10&encoding=json&compress=${name}`)
      context.after(() => socket.terminate())
      const unpack = unpacker()
      let text = ''
      const waiting = new Set<() => void>()
      unpack.on('data', (part: Buffer) => {
        text += part.toString('utf8')
        for (const look of waiting) look()
      })
      const shows = (what: string) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (!text.includes(what)) return
            waiting.delete(look)
            resolve()
          }
          waiting.add(look)
          look()
        })
      socket.on('message', (data, isBinary) => {
        assert.equal(isBinary, true)
        unpack.write(data)
      })
      await once(socket, 'open')
      await shows('"op":10')
      const intents = 1 | (1 << 9) | (1 << 15)
      socket.send(JSON.stringify({ op: 2, d: { token: sandbox.bot.token, intents, properties: {} } }))
      await shows('"t":"GUILD_CREATE"')
      const long = '긴 글 '.repeat(400).trim()
      for (const said of [long, 'short']) await alice.says('general', said)
      await shows('"short"')
      assert.ok(text.includes(JSON.stringify(long)))
    })
  }
})

describe('how often a bot may', { concurrency: true }, () => {
  test('ask for all members: once in 30 s, else RATE_LIMITED', async (context) => {
    const stage = closing(context, await openStage({ limits: 'real' }))
    const guild = stage.client.guilds.cache.get(stage.sandbox.guildId)
    assert.equal((await guild?.members.fetch())?.size, 4)
    await assert.rejects(async () => guild?.members.fetch(), /rate ?limit/i)
    assert.equal((await guild?.members.fetch({ query: 'al', limit: 1 }))?.size, 1)
  })
  test('identify: beyond the day’s number its token is reset', async (context) => {
    const sandbox = closing(context, await startSandbox({ identifiesADay: 1 }))
    const open = async () => {
      const client = new Client({ rest: { api: sandbox.api }, intents: [GatewayIntentBits.Guilds] })
      context.after(() => client.destroy())
      const ready = heard(client, Events.ClientReady)
      await client.login(sandbox.bot.token)
      await ready
      return client
    }
    const first = await open()
    const lost = heard<{ code: number }>(first, Events.ShardDisconnect)
    // A library reads from /gateway/bot that none is left, and would wait a day: this one does not look.
    const socket = new WebSocket(`${sandbox.url.replace('http', 'ws')}/gateway/?v=10&encoding=json`)
    await once(socket, 'open')
    socket.send(JSON.stringify({ op: 2, d: { token: sandbox.bot.token, intents: 1, properties: {} } }))
    const [closed] = (await once(socket, 'close')) as [number]
    assert.equal(closed, 4004)
    assert.equal((await lost).code, 4004)
    assert.equal((await asBot(sandbox, '/users/@me')).status, 401)
  })
})

describe('people whose own connection is broken', { concurrency: true }, () => {
  /** Says something as bob while alice is away, and sees that she learns of it. */
  const catchesUp = async (alice: Actor, bob: Actor, harm: () => void) => {
    await bob.says('general', 'before')
    const before = await alice.sees('general', 'before')
    harm()
    await bob.says('general', 'meanwhile')
    await alice.sees('general', 'meanwhile')
    await bob.edits(before, 'before, edited')
    await alice.sees('general', 'before, edited')
    const contents = (await alice.messages('general')).map((message) => message.content)
    assert.deepEqual(contents.slice(-2), ['before, edited', 'meanwhile'])
  }
  const people = true
  for (const [what, harm] of [
    ['a lost socket', (sandbox) => sandbox.faults.add({ kind: 'gateway.disconnect', people })],
    ['a close code', (sandbox) => sandbox.faults.add({ kind: 'gateway.close', code: 4000, people })],
    ['op 7', (sandbox) => sandbox.faults.add({ kind: 'gateway.reconnect', people })],
    [
      'op 9 that may be resumed',
      (sandbox) => sandbox.faults.add({ kind: 'gateway.invalidate', resumable: true, people }),
    ],
    ['op 9 that may not', (sandbox) => sandbox.faults.add({ kind: 'gateway.invalidate', people })],
    [
      'a refused RESUME and refused upgrades',
      (sandbox) => {
        sandbox.faults.add({ kind: 'gateway.refuseResume', times: 2, people })
        sandbox.faults.add({ kind: 'gateway.refuseUpgrade', times: 3, people })
        sandbox.faults.add({ kind: 'gateway.disconnect', people })
      },
    ],
  ] as [string, (sandbox: Sandbox) => void][]) {
    test(`${what}: they come back and miss nothing`, async (context) => {
      const sandbox = closing(context, await startSandbox())
      await catchesUp(await sandbox.actor('alice'), await sandbox.actor('bob'), () => harm(sandbox))
    })
  }
  test('acknowledgements that stay away: the socket counts as lost', async (context) => {
    const sandbox = closing(context, await startSandbox({ heartbeatMs: 100 }))
    const mute = sandbox.faults.add({ kind: 'gateway.muteAcks', times: 2, people })
    await catchesUp(await sandbox.actor('alice'), await sandbox.actor('bob'), () => {})
    await mute.struck(2)
    await (await sandbox.actor('bob')).says('general', 'after')
    await (await sandbox.actor('alice')).sees('general', 'after')
  })
  test('what was deleted while they were away is gone when they come back', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const [alice, bob] = [await sandbox.actor('alice'), await sandbox.actor('bob')]
    const doomed = await bob.says('general', 'doomed')
    await alice.sees('general', 'doomed')
    const away = sandbox.faults.add({ kind: 'gateway.refuseUpgrade', people })
    const forgotten = sandbox.faults.add({ kind: 'gateway.refuseResume', people })
    sandbox.faults.add({ kind: 'gateway.disconnect', people })
    await away.struck()
    await bob.deletes(doomed)
    away.remove()
    await alice.sees('general', 'doomed', { gone: true })
    assert.ok(forgotten.hits > 0)
  })
  test('REST strikes them only when asked to', async (context) => {
    const sandbox = closing(context, await startSandbox())
    const alice = await sandbox.actor('alice')
    const path = '/messages$'
    sandbox.faults.add({ kind: 'rest.error', path, status: 502, times: 1 })
    await alice.says('general', 'fine')
    sandbox.faults.add({ kind: 'rest.error', path, status: 503, times: 1, people })
    await assert.rejects(alice.says('general', 'not fine'), code(0, 503))
    sandbox.faults.add({ kind: 'rest.limit', path, html: true, times: 1, people })
    await assert.rejects(alice.says('general', 'not fine'), code(0, 429))
    sandbox.faults.add({ kind: 'rest.drop', path, when: 'after', times: 1, people })
    await assert.rejects(alice.says('general', 'said all the same'))
    await alice.sees('general', 'said all the same')
    const hold = sandbox.faults.add({ kind: 'rest.hold', path, times: 1, people })
    const saying = alice.says('general', 'held')
    await alice.sees('general', 'held')
    assert.equal(hold.held, 1)
    hold.release()
    await saying
  })
})

describe('forms', { concurrency: true }, () => {
  test('a form is taken only as it was shown', async (context) => {
    const stage = closing(context, await openStage())
    await stage.client.application.commands.set([{ name: 'form', description: 'Form' }])
    stage.client.on(Events.InteractionCreate, (interaction) => {
      if (interaction.isModalSubmit()) void interaction.reply('taken')
      if (!interaction.isChatInputCommand()) return
      const input = (id: string, over: object) => ({
        type: 18,
        label: id,
        component: { type: 4, style: 1, custom_id: id, ...over },
      })
      const pick = { type: 3, custom_id: 'pick', required: false, options: [{ label: 'A', value: 'a' }] }
      const components = [
        input('name', { min_length: 2, max_length: 4 }),
        input('note', { required: false }),
        { type: 18, label: 'pick', component: pick },
      ]
      void interaction.showModal({ custom_id: 'f', title: 'F', components })
    })
    const alice = await stage.sandbox.actor('alice')
    const shown = async () => (await alice.runs('general', '/form')).modal
    const modal = await shown()
    assert.ok(modal)
    const sends = (values: Record<string, string | string[]>) => alice.submits(modal, values)
    await assert.rejects(sends({ name: '' }), code(50035))
    await assert.rejects(sends({ name: 'x' }), code(50035))
    await assert.rejects(sends({ name: 'xxxxx' }), code(50035))
    await assert.rejects(sends({ name: 'xx', note: 'x'.repeat(4001) }), code(50035))
    await assert.rejects(sends({ name: 'xx', pick: ['b'] }), code(50035))
    assert.equal((await sends({ name: 'xx', pick: ['a'] })).message?.content, 'taken')
  })
})
