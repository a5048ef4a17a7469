import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Oracle } from '../../src/oracle/oracle.ts'
import { loadSpec } from '../../src/oracle/spec.ts'
import { routesOf, startSandbox } from '../../src/sandbox.ts'
import { closing, openStage } from '../stage.ts'
import type { Exchange } from '../../src/rest/edge.ts'

const exchange = (over: Partial<Exchange>): Exchange => ({
  method: 'GET',
  template: '/gateway',
  path: '/gateway',
  userId: '1',
  isBot: true,
  query: '',
  requestBody: undefined,
  multipart: false,
  status: 200,
  responseBody: { url: 'ws://127.0.0.1' },
  disturbed: false,
  ...over,
})

describe('the oracle', () => {
  test('reads the whole description', async () => {
    const spec = await loadSpec()
    assert.ok(spec.operations.size > 230, `only ${spec.operations.size} operations`)
    const withBody = [...spec.operations.values()].filter((one) => one.request).length
    assert.ok(withBody > 80, `only ${withBody} request bodies`)
    assert.ok(spec.operations.get('POST /channels/{channel_id}/messages')?.responses.has('200'))
  })

  const drifts: [string, Partial<Exchange>, RegExp][] = [
    ['a missing key', { responseBody: {} }, /response of GET \/gateway 200 at "url"/],
    ['a key nobody knows', { responseBody: { url: 'x', more: 1 } }, /unknown keys more/],
    ['a wrong type', { responseBody: { url: 1 } }, /at "url"/],
    ['an undocumented status', { status: 202 }, /status is not documented/],
    [
      'a body where there is none',
      { method: 'POST', template: '/channels/{channel_id}/messages/bulk-delete', status: 204, responseBody: {} },
      /has a body/,
    ],
    [
      'a bot’s request that does not fit',
      { method: 'POST', template: '/users/@me/channels', requestBody: { recipient_id: {} }, responseBody: undefined },
      /request of POST \/users\/@me\/channels/,
    ],
    ['a route that Discord does not have', { template: '', path: '/nothing', status: 404 }, /unknown route/],
    ['an error without a code', { status: 404, responseBody: { message: 'x' } }, /at "code"/],
  ]
  for (const [what, over, expected] of drifts) {
    test(`notices ${what}`, async () => {
      const oracle = await Oracle.load()
      oracle.exchange(exchange(over))
      assert.throws(() => oracle.assertClean(), expected)
    })
  }

  test('lets through what fits, and what a known defect explains', async () => {
    const oracle = await Oracle.load()
    oracle.exchange(exchange({}))
    oracle.exchange(exchange({ status: 429, responseBody: { message: 'slow', retry_after: 0.5, global: false } }))
    oracle.exchange(
      exchange({
        status: 400,
        responseBody: {
          message: 'Invalid Form Body',
          code: 50035,
          errors: { content: { _errors: [{ code: 'BASE_TYPE_REQUIRED', message: 'x' }] } },
        },
      }),
    )
    oracle.exchange(
      exchange({
        method: 'PUT',
        template: '/channels/{channel_id}/permissions/{overwrite_id}',
        requestBody: { type: 1, allow: '1024', deny: '0' },
        status: 204,
        responseBody: undefined,
      }),
    )
    oracle.assertClean()
    assert.deepEqual(Object.keys(oracle.report().excused).toSorted(), [
      'error-code-strings',
      'permission-strings',
      'rate-limit-code',
    ])
  })

  test('notices a dispatch that drifts', async () => {
    const oracle = await Oracle.load()
    oracle.dispatch('THREAD_CREATE', { id: '1', name: 'x' })
    assert.throws(() => oracle.assertClean(), /dispatch of THREAD_CREATE/)
  })

  test('looks once at what all get alike, and every time at what is wrong or otherwise', async () => {
    const oracle = await Oracle.load()
    const right = { user_id: '2', emoji: { id: null, name: '👍' } }
    for (const _ of [1, 2]) oracle.dispatch('MESSAGE_REACTION_REMOVE', right)
    oracle.assertClean()
    for (const _ of [1, 2]) oracle.dispatch('MESSAGE_REACTION_REMOVE', { ...right, emoji: { id: 7, name: '👍' } })
    oracle.dispatch('MESSAGE_REACTION_REMOVE', right)
    const { violationCount, checked } = oracle.report()
    assert.deepEqual([violationCount, checked.dispatches], [2, 5])
  })

  test('notices what drifts inside a dispatch, in a list too', async () => {
    const oracle = await Oracle.load()
    oracle.dispatch('GUILD_MEMBERS_CHUNK', { guild_id: '1', members: [{ nick: null }] })
    assert.throws(() => oracle.assertClean(), /dispatch of GUILD_MEMBERS_CHUNK members\[\]/)
  })

  test('what people’s own clients use is no violation', async (context) => {
    const oracle = await Oracle.load()
    const sandbox = closing(context, await startSandbox({ watchers: [oracle] }))
    const alice = await sandbox.actor('alice')
    await alice.commands('general')
    oracle.assertClean()
  })

  test('every route of the sandbox that a bot may use is one of Discord’s', async (context) => {
    const oracle = await Oracle.load()
    const sandbox = closing(context, await startSandbox())
    const strangers = routesOf(sandbox.world)
      .filter((route) => route.door !== 'person' && !oracle.knows(route.method, route.path))
      .map((route) => `${route.method} ${route.path}`)
    assert.deepEqual(strangers, [])
  })

  test('its memory is bounded', async () => {
    const oracle = await Oracle.load()
    for (let index = 0; index < 500; index++) oracle.exchange(exchange({ responseBody: {} }))
    assert.equal(oracle.report().violations.length, 100)
    assert.equal(oracle.report().violationCount, 500)
  })

  test('a discord.js client’s login is clean', async (context) => {
    const stage = closing(context, await openStage())
    stage.oracle.assertClean()
    assert.ok(stage.oracle.report().checked.dispatches > 0)
  })
})
