import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { Deed } from '../../src/core/pace.ts'
import { Budgets } from '../../src/discord/budgets.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { ModelLimit } from './discord-limits.ts'

const channel = '123456789012345678'
const message = `http://discord/api/v10/channels/${channel}/messages`
const routes: Record<Deed, readonly [string, string]> = {
  post: ['POST', message],
  edit: ['PATCH', `${message}/9`],
  remove: ['DELETE', `${message}/9`],
}

function send(budgets: Budgets, deed: Deed) {
  const call = budgets.call(...routes[deed])
  assert.ok(call !== null)
  return call
}

describe('budgets read from Discord’s headers', () => {
  for (const kind of ['standing', 'sliding'] as const) {
    test(`${kind} windows: whoever calls when there is something left is never refused`, () => {
      const calls = fc.array(fc.record({ restMs: fc.nat(1500), thereMs: fc.nat(250), backMs: fc.nat(250) }), {
        minLength: 30,
        maxLength: 60,
      })
      const limits = fc.constantFrom([5, 5000] as const, [5, 2000] as const, [2, 2000] as const, [10, 10_000] as const)
      fc.assert(
        fc.property(calls, limits, (story, [limit, windowMs]) => {
          const clock = new VirtualClock(0)
          const budgets = new Budgets(clock)
          const model = new ModelLimit(kind, limit, windowMs)
          for (const { restMs, thereMs, backMs } of story) {
            const { remaining, nextInMs } = budgets.of(channel, 'edit')
            clock.skip(clock.now() + (remaining > 0 ? restMs % 200 : nextInMs))
            const call = send(budgets, 'edit')
            clock.skip(clock.now() + thereMs)
            const { status, headers } = model.call(clock.now())
            clock.skip(clock.now() + backMs)
            call.answered(status, headers)
            assert.equal(status, 200)
          }
        }),
        { numRuns: 40 },
      )
    })
  }

  test('calls that are on their way together are all counted', async () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    const model = new ModelLimit('standing', 5, 5000)
    const calls = [1, 2, 3, 4, 5].map(() => send(budgets, 'edit'))
    assert.equal(budgets.of(channel, 'edit').remaining, 0)
    await clock.goTo(100)
    const first = model.call(clock.now())
    calls[0]?.answered(first.status, first.headers)
    assert.equal(budgets.of(channel, 'edit').remaining, 0)
    calls.slice(1).forEach((call) => call.lost())
    assert.equal(budgets.of(channel, 'edit').remaining, 0)
    await clock.goTo(5200)
    assert.equal(budgets.of(channel, 'edit').remaining, 5)
  })

  test('posts and edits are counted apart, and another channel is another counter', () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    const model = new ModelLimit('standing', 5, 5000)
    for (let count = 0; count < 5; count++) {
      const { status, headers } = model.call(0)
      send(budgets, 'edit').answered(status, headers)
    }
    assert.equal(budgets.of(channel, 'edit').remaining, 0)
    assert.equal(budgets.of(channel, 'post').remaining, 5)
    assert.equal(budgets.of('99', 'edit').remaining, 5)
  })

  test('two answers tell that a window slides: then one comes back after its share of it, not after the whole', async () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    const model = new ModelLimit('sliding', 5, 5000)
    const waits: (number | null)[] = []
    for (let count = 0; count < 5; count++) {
      const { status, headers } = model.call(clock.now())
      waits.push(send(budgets, 'edit').answered(status, headers))
      await clock.goTo(clock.now() + 10)
    }
    // What the client of the library is told: with nothing left, until the next one, not until all are back.
    assert.deepEqual(waits.slice(0, 4), [0, 0, 0, 0])
    assert.ok((waits[4] ?? 0) <= 1000 && (waits[4] ?? 0) > 900, String(waits[4]))
    const { remaining, nextInMs } = budgets.of(channel, 'edit')
    assert.equal(remaining, 0)
    assert.ok(nextInMs < 1100, String(nextInMs))
    await clock.goTo(clock.now() + nextInMs)
    assert.equal(budgets.of(channel, 'edit').remaining, 1)
    // What is known of the route holds in every channel.
    const other = new ModelLimit('sliding', 5, 5000)
    const elsewhere = budgets.call('PATCH', 'http://discord/api/v10/channels/77/messages/9')
    const { status, headers } = other.call(clock.now())
    elsewhere?.answered(status, headers)
    assert.ok(budgets.of('77', 'edit').nextInMs < 1100)
  })

  test('a route that begins to stand again is believed', async () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    const tell = (model: ModelLimit): void => {
      const { status, headers } = model.call(clock.now())
      send(budgets, 'edit').answered(status, headers)
    }
    const sliding = new ModelLimit('sliding', 5, 5000)
    for (let count = 0; count < 3; count++) tell(sliding)
    await clock.goTo(20_000)
    const standing = new ModelLimit('standing', 5, 5000)
    for (let count = 0; count < 5; count++) tell(standing)
    assert.ok(budgets.of(channel, 'edit').nextInMs >= 5000)
  })

  test('an answer that tells of no limit means that there is none; a refused one leaves nothing', async () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    send(budgets, 'post').answered(200, new Headers())
    assert.equal(budgets.of(channel, 'post').remaining, Infinity)
    send(budgets, 'post').answered(502, new Headers())
    assert.equal(budgets.of(channel, 'post').remaining, Infinity)
    const refused = new ModelLimit('standing', 1, 3000)
    refused.call(0)
    const { status, headers } = refused.call(0)
    send(budgets, 'post').answered(status, headers)
    assert.equal(budgets.of(channel, 'post').remaining, 0)
    await clock.goTo(3100)
    assert.equal(budgets.of(channel, 'post').remaining, 1)
  })

  test('what is about to be written counts for the total until its call goes out, and once', () => {
    const budgets = new Budgets(new VirtualClock(0))
    const claims = Array.from({ length: 50 }, (_, nth) => budgets.claim(String(nth), 'edit'))
    assert.equal(budgets.total().remaining, 0)
    assert.ok(budgets.total().nextInMs > 0)
    budgets.call('PATCH', 'http://discord/api/v10/channels/0/messages/9')
    assert.equal(budgets.total().remaining, 0)
    for (const claim of claims) claim[Symbol.dispose]()
    assert.equal(budgets.total().remaining, 49)
  })

  test('the bot as a whole has fifty in any second; callbacks of interactions do not count', async () => {
    const clock = new VirtualClock(0)
    const budgets = new Budgets(clock)
    for (let count = 0; count < 50; count++) budgets.call('GET', 'http://discord/api/v10/users/@me')
    budgets.call('POST', 'http://discord/api/v10/interactions/1/token/callback')
    assert.equal(budgets.total().remaining, 0)
    assert.ok(budgets.total().nextInMs >= 1000)
    await clock.goTo(1100)
    assert.equal(budgets.total().remaining, 50)
  })
})
