import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unheardOf, type AccountState } from '../../src/core/account.ts'
import type { AccountId, PersonId, RuntimeName } from '../../src/core/ids.ts'
import { heldForOthers, partsOf, weightOf, type WindowUse } from '../../src/core/reserve.ts'
import { noTokens } from '../../src/core/spending.ts'
import { fc } from '../random.ts'

const hour = 3_600_000
const length = 5 * hour
const begin = Date.UTC(2026, 10, 23, 9)
const resetsAt = begin + length
const [runtime, account] = ['codex' as RuntimeName, 'default' as AccountId]

function window(used: number | null, name = 'five_hour'): AccountState {
  return { ...unheardOf(runtime, account), windows: [{ name, used, resetsAt }] }
}

function use(person: string, weight: number, more: Partial<WindowUse> = {}): WindowUse {
  return { runtime, account, window: 'five_hour', person: person as PersonId, weight, resetsAt, at: begin, ...more }
}

function heldAt(state: AccountState, uses: readonly WindowUse[], person: string, now: number, model = 'opus') {
  return heldForOthers(partsOf(state, uses, person as PersonId, 0.05, now), model, now)
}

describe('a part of each window is kept for each person', () => {
  const uses = [use('ann', 9000), use('bob', 900), use('carl', 100)]

  test('whoever had theirs leaves the others theirs; whoever had less may always begin', () => {
    assert.equal(heldAt(window(0.85), uses, 'ann', begin), null, 'as long as enough is left')
    const held = heldAt(window(0.96), uses, 'ann', begin)
    assert.deepEqual(held && { ...held, until: 0, reserve: Math.round((held.reserve?.left ?? 0) * 100) }, {
      until: 0,
      runtime,
      window: 'five_hour',
      model: null,
      reserve: 4,
    })
    assert.equal(heldAt(window(0.96), uses, 'carl', begin), null)
    assert.equal(heldAt(window(0.96), uses, 'newcomer', begin), null)
  })

  test('nothing is held back where nobody says how full it is, who used it, or that it still runs, nor of one alone', () => {
    assert.equal(heldAt(window(null), uses, 'ann', begin), null)
    assert.equal(heldAt(window(0.99), [], 'ann', begin), null)
    assert.equal(heldAt(window(0.99), uses, 'ann', resetsAt), null)
    assert.equal(heldAt(window(0.99), [use('ann', 9000)], 'ann', begin), null)
    assert.equal(heldAt(window(0.99), uses, 'ann', begin - 60_000), null, 'it would last longer than it does')
    const longAgo = [use('ann', 9000), use('bob', 900, { at: begin - 8 * 24 * hour })]
    assert.equal(heldAt(window(0.99), longAgo, 'ann', begin), null, 'bob has used nothing for a week')
  })

  test('a window of one model holds back that model alone', () => {
    const inAWeek = begin + 7 * 24 * hour
    const state = { ...window(null), windows: [{ name: 'seven_day_opus', used: 0.98, resetsAt: inAWeek }] }
    const own = uses.map((each) => ({ ...each, window: 'seven_day_opus', resetsAt: inAWeek }))
    assert.equal(heldAt(state, own, 'ann', begin, 'opus')?.model, 'opus')
    assert.equal(heldAt(state, own, 'ann', begin, 'haiku'), null)
  })

  test('what was kept before weighs little, and what is written most', () => {
    assert.equal(weightOf({ ...noTokens, cacheRead: 1000 }), 100)
    assert.equal(weightOf({ input: 10, cacheRead: 0, cacheWrite: 100, output: 10 }), 185)
  })

  test('however somebody bursts: whenever the others come, each finds what is kept of the time that is left, and in the end nothing is lost', () => {
    const people = fc.integer({ min: 2, max: 30 })
    const step = fc.integer({ min: 1, max: 10 }).map((thousandths) => thousandths / 1000)
    const come = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(people, step, come, (count, burst, comesAt) => {
        const others = Array.from({ length: count - 1 }, (_, nth) => use(`other-${nth}`, 0, { resetsAt: begin }))
        const each = Math.min(0.05, 1 / count)
        let [used, now] = [0, begin]
        const may = (): boolean =>
          heldAt(window(used), [use('burster', used * 1e6), ...others], 'burster', now) === null
        const burstsUntil = (moment: number): void => {
          for (; now < moment; now += length / 200) while (used < 1 && may()) used += burst
        }
        burstsUntil(begin + comesAt * length)
        const kept = (each * (count - 1) * (resetsAt - now)) / length
        assert.ok(1 - used >= kept - burst - 1e-9, `${1 - used} is left of ${kept}`)
        burstsUntil(resetsAt - 60_000)
        assert.ok(used >= 0.99 - burst, `${used} is used when nobody else comes`)
      }),
      { numRuns: 60 },
    )
  })

  test('a wait ends when it says, if nobody uses more', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.9, max: 0.999, noNaN: true }),
        fc.integer({ min: 0, max: 299 }),
        (used, minute) => {
          const now = begin + minute * 60_000
          const held = heldAt(window(used), uses, 'ann', now)
          if (held === null) return
          assert.ok(held.until > now && held.until <= resetsAt, 'at the reset at the latest')
          assert.equal(heldAt(window(used), uses, 'ann', held.until), null)
        },
      ),
    )
  })
})
