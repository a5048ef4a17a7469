import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CallBudget, Deed } from '../../src/core/pace.ts'
import { noLimit } from '../../src/core/pace.ts'
import { waitOf, type PlacePace, type Urgency } from '../../src/messages/pace.ts'

const least = { growEveryMs: 300, cardEveryMs: 1000 }
const long = 60_000

function left(remaining: number, fullInMs = 4000): CallBudget {
  return { limit: 5, remaining, nextInMs: remaining === 5 ? 0 : fullInMs, fullInMs: remaining === 5 ? 0 : fullInMs }
}

function wait(deed: Deed, urgency: Urgency, place: Partial<PlacePace>): number {
  const usual = { budget: left(5), total: noLimit, atWork: 1, endsToCome: 0, sinceWriteMs: long, sinceEditMs: long }
  return waitOf({ deed, urgency }, { ...usual, ...place }, least)
}

/** Deed, urgency, what is left, runs at work, whether it goes now. */
const table: readonly (readonly [Deed, Urgency, number, number, boolean])[] = [
  // The last edit is for an end, the last post for a question.
  ['edit', 'end', 1, 3, true],
  ['edit', 'end', 0, 1, false],
  ['edit', 'question', 2, 3, true],
  ['edit', 'question', 1, 3, false],
  ['edit', 'question', 1, 0, true],
  ['post', 'question', 1, 3, true],
  ['post', 'end', 1, 1, false],
  ['post', 'end', 2, 1, true],
  ['post', 'first', 2, 9, true],
  ['post', 'first', 1, 0, false],
  ['post', 'growth', 2, 1, true],
  ['post', 'card', 3, 1, true],
  ['post', 'card', 2, 1, false],
  // One edit stays for each run at work, and one more when nothing but seconds is counted.
  ['edit', 'first', 2, 1, true],
  ['edit', 'first', 1, 1, false],
  ['edit', 'first', 3, 3, false],
  ['edit', 'growth', 2, 1, true],
  ['edit', 'growth', 1, 1, false],
  ['edit', 'growth', 1, 0, false],
  ['edit', 'growth', 5, 30, true],
  ['edit', 'growth', 4, 30, false],
  ['edit', 'card', 3, 1, true],
  ['edit', 'card', 2, 1, false],
  ['remove', 'card', 1, 9, true],
  ['remove', 'card', 0, 9, false],
]

describe('how long a write waits', () => {
  for (const [deed, urgency, remaining, atWork, goes] of table) {
    test(`${deed} of ${urgency} with ${remaining} of 5 left and ${atWork} at work: ${goes ? 'now' : 'later'}`, () => {
      assert.equal(wait(deed, urgency, { budget: left(remaining), atWork }) === 0, goes)
    })
  }

  test('a limit of one leaves nothing for others, and everything is written all the same', () => {
    const one: CallBudget = { limit: 1, remaining: 1, nextInMs: 0, fullInMs: 0 }
    for (const deed of ['post', 'edit'] as const) {
      for (const urgency of ['end', 'question', 'first', 'growth', 'card'] as const) {
        assert.equal(wait(deed, urgency, { budget: one, atWork: 3 }), 0, `${deed} ${urgency}`)
      }
    }
  })

  test('an edit stays for each end that is likely to come, of those that wait: also before first words', () => {
    for (const urgency of ['first', 'growth'] as const) {
      assert.equal(wait('edit', urgency, { budget: left(4), endsToCome: 2 }), 0, urgency)
      assert.ok(wait('edit', urgency, { budget: left(3), endsToCome: 2 }) > 0, urgency)
      assert.equal(wait('edit', urgency, { budget: left(5), endsToCome: 9 }), 0, 'one goes all the same')
    }
    for (const urgency of ['end', 'question'] as const)
      assert.equal(wait('edit', urgency, { budget: left(2), endsToCome: 9 }), 0, urgency)
    assert.equal(wait('post', 'first', { budget: left(2), endsToCome: 9 }), 0, 'a post is none')
  })

  test('with nothing to count, growth and cards keep the least distance, and nothing else does', () => {
    const just = { budget: noLimit, sinceWriteMs: 100, sinceEditMs: 100 }
    assert.equal(wait('edit', 'growth', just), 200)
    assert.equal(wait('edit', 'card', just), 900)
    assert.equal(wait('edit', 'end', just), 0)
    assert.equal(wait('edit', 'first', just), 0)
  })

  test('what is left of a window is spread over the rest of it, however late it is asked', () => {
    // Three to spare until the reset in 5 s: four equal steps, the last of them into the next window.
    const rest = (passed: number) => ({
      budget: left(4, 5000 - passed),
      sinceWriteMs: passed,
      sinceEditMs: passed,
    })
    assert.equal(wait('edit', 'growth', rest(0)), 1250)
    assert.equal(wait('edit', 'growth', rest(1000)), 250)
    assert.equal(wait('edit', 'growth', rest(1250)), 0)
  })

  test('whoever is less urgent leaves calls of the whole bot to others', () => {
    const total: CallBudget = { limit: 50, remaining: 20, nextInMs: 400, fullInMs: 900 }
    assert.equal(wait('edit', 'growth', { total }), 400)
    assert.equal(wait('post', 'card', { total }), 400)
    assert.equal(wait('edit', 'end', { total }), 0)
    const few = { total: { ...total, remaining: 6 } }
    assert.equal(wait('edit', 'end', few), 400)
    assert.equal(wait('post', 'first', { total }), 0)
    assert.equal(wait('post', 'first', few), 400)
    assert.equal(wait('post', 'question', few), 0)
    assert.equal(wait('post', 'question', { total: { ...total, remaining: 5 } }), 400)
  })
})
