import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { channelOf, composeSessionKey, type Place } from '../../src/core/place.ts'
import { placeId, thread } from '../stores/cast.ts'
import { fc } from '../random.ts'

const snowflake = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const anyPlace: fc.Arbitrary<Place> = fc.oneof(
  fc.record({ id: snowflake, channel: snowflake }).map(({ id, channel }) => thread(id, channel)),
  snowflake.map((id): Place => ({ kind: 'channel', id: placeId(id), guild: '1' })),
  snowflake.map((id): Place => ({ kind: 'dm', id: placeId(id) })),
)

suite('place', () => {
  test('the three forms of a session key are those of the specification', () => {
    assert.equal(composeSessionKey(thread('200')), '200')
    assert.equal(composeSessionKey({ kind: 'channel', id: placeId('200'), guild: '1' }), 'channel:200')
    assert.equal(composeSessionKey({ kind: 'dm', id: placeId('200') }), 'dm:200')
  })

  test('keys are the same for the same place only, even when kinds share an id', () => {
    // Few ids, so that places of different kinds often share one.
    const id = fc.oneof(snowflake, fc.constantFrom('1', '2'))
    const close = fc.tuple(anyPlace, id).map(([place, id]): Place => ({ ...place, id: placeId(id) }))
    fc.assert(
      fc.property(close, close, (a, b) => {
        assert.equal(composeSessionKey(a) === composeSessionKey(b), a.kind === b.kind && a.id === b.id)
      }),
      { numRuns: 500 },
    )
  })

  test("a thread counts for its parent's limits, any other place for its own", () => {
    assert.equal(channelOf(thread('200', '100')), '100')
    assert.equal(channelOf({ kind: 'channel', id: placeId('100'), guild: '1' }), '100')
    assert.equal(channelOf({ kind: 'dm', id: placeId('300') }), '300')
  })
})
