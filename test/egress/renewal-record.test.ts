import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import {
  isGivenUp,
  mayTry,
  stateAfter,
  stateFor,
  stateIn,
  triedAgainInMs,
  untried,
  type RenewalState,
} from '../../src/egress/renewal-record.ts'

const no = { ok: false, reason: 'HTTP 500', dead: false }

function failing(times: number, at = 0): RenewalState {
  let state: RenewalState = untried
  for (let nth = 0; nth < times; nth++) state = stateAfter(state, 'token', no, at)
  return state
}

test('after failures it waits 0, 0, 1, 2, 4, 8, then 10 minutes, and after ten of them nobody tries by itself', () => {
  const minutes = Array.from({ length: 9 }, (_, nth) => (triedAgainInMs(failing(nth + 1), 0) ?? -1) / 60_000)
  deepEqual(minutes, [0, 1, 2, 4, 8, 10, 10, 10, 10])
  equal(triedAgainInMs(failing(10), 0), null)
  equal(isGivenUp(failing(9)), false)
  equal(isGivenUp(failing(10)), true)
  for (const times of [2, 3, 9]) {
    const waitMs = triedAgainInMs(failing(times), 0) ?? 0
    deepEqual(
      [waitMs - 1, waitMs].map((now) => mayTry(failing(times), false, now)),
      [false, true],
    )
  }
})

test('given up, it is tried once in ten minutes when a run needs it, but never with a token that is dead', () => {
  const day = 86_400_000
  equal(mayTry(failing(10), false, day), false)
  deepEqual(
    [599_999, 600_000].map((now) => mayTry(failing(10), true, now)),
    [false, true],
  )
  const dead = stateAfter(untried, 'token', { ...no, dead: true }, 0)
  deepEqual([mayTry(dead, true, day), isGivenUp(dead), triedAgainInMs(dead, 0)], [false, true, null])
})

test('another token in the file, a success and a clock that is set back each begin anew', () => {
  equal(mayTry(stateFor(failing(10), 'another'), false, 0), true)
  deepEqual(stateAfter(failing(7), 'token', { ok: true, reason: null, dead: false }, 5), { ...untried, lastRefresh: 5 })
  equal(mayTry(failing(5, 1_000_000), false, 0), true)
})

test("the seed's counters count on, whatever its fields are called; what makes no sense does not count", () => {
  const at = '2026-11-20T10:00:00.000Z'
  const taken = stateIn({ consecutiveFailures: 4, lastFailureAt: at, lastRefresh: 'soon', token: 7 })
  deepEqual(taken, { ...untried, failures: 4, failedAt: Date.parse(at) })
  equal(stateFor(taken, 'any').failures, 4)
  deepEqual(stateIn({ failures: -3, failedAt: null }), untried)
})
