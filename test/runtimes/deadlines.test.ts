import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Deadlines } from '../../src/runtimes/engine/deadlines.ts'
import { FloodWatch } from '../../src/runtimes/engine/flood.ts'
import type { Spool } from '../../src/runtimes/engine/spool.ts'
import { Hand } from './hand.ts'

describe('the deadlines of a turn', () => {
  const limits = { firstEventMs: 60_000, silenceMs: 600_000, turnMs: 7_200_000 }
  let clock: Hand
  let ticks: number | null
  let givenUp: number[]
  let deadlines: Deadlines

  beforeEach(() => {
    clock = new Hand()
    ticks = 0
    givenUp = []
    deadlines = new Deadlines(
      clock,
      limits,
      async () => ticks,
      (seconds) => givenUp.push(seconds),
    )
  })

  test('no first word', async () => {
    await clock.turn(59_999)
    assert.deepEqual(givenUp, [])
    await clock.turn(1)
    assert.deepEqual(givenUp, [60])
    await clock.turn(10_000_000)
    assert.deepEqual(givenUp, [60], 'said once')
  })

  test('a process that is coming up, however slowly, is given its time', async () => {
    for (let second = 0; second < 300; second++) {
      ticks = (ticks ?? 0) + 10
      await clock.turn(1000)
    }
    assert.deepEqual(givenUp, [], 'a tenth of a CPU is what a busy machine leaves it')
    await clock.turn(90_000)
    assert.deepEqual(givenUp, [60])
  })

  test('silence, counted from the last word', async () => {
    deadlines.heard(false)
    await clock.turn(500_000)
    deadlines.heard(false)
    await clock.turn(599_999)
    assert.deepEqual(givenUp, [])
    await clock.turn(1)
    assert.deepEqual(givenUp, [600])
  })

  test('a process that uses its CPU is not silent until it stops', async () => {
    deadlines.heard(false)
    for (let minute = 0; minute < 60; minute++) {
      ticks = (ticks ?? 0) + 60 * 50
      await clock.turn(60_000)
    }
    assert.deepEqual(givenUp, [])
    await clock.turn(900_000)
    assert.deepEqual(givenUp, [600])
  })

  test('the little that an idle CLI uses is no work', async () => {
    deadlines.heard(false)
    for (let second = 0; second < 600; second++) {
      ticks = (ticks ?? 0) + 1
      await clock.turn(1000)
    }
    assert.deepEqual(givenUp, [600])
  })

  test('where nobody can tell about the CPU, silence is silence', async () => {
    ticks = null
    deadlines.heard(false)
    await clock.turn(600_000)
    assert.deepEqual(givenUp, [600])
  })

  test('while a person is asked only the whole turn is limited', async () => {
    deadlines.heard(true)
    await clock.turn(7_199_999)
    assert.deepEqual(givenUp, [])
    await clock.turn(1)
    assert.deepEqual(givenUp, [7200])
  })

  test('a question that comes while the CPU is being looked at', async () => {
    const looking = Promise.withResolvers<number>()
    deadlines[Symbol.dispose]()
    deadlines = new Deadlines(
      clock,
      limits,
      () => looking.promise,
      (seconds) => givenUp.push(seconds),
    )
    deadlines.heard(false)
    await clock.turn(300_000)
    deadlines.heard(true)
    looking.resolve(0)
    await setImmediate()
    await clock.turn(6_000_000)
    assert.deepEqual(givenUp, [])
  })

  test('a word that comes while the CPU is looked at, at the beginning or the end of the silence', async () => {
    for (const look of [1, 2]) {
      let looks = 0
      const looking = Promise.withResolvers<number>()
      deadlines[Symbol.dispose]()
      deadlines = new Deadlines(
        clock,
        limits,
        () => (++looks === look ? looking.promise : Promise.resolve(0)),
        (seconds) => givenUp.push(seconds),
      )
      deadlines.heard(false)
      await clock.turn(300_000 * look)
      deadlines.heard(false)
      looking.resolve(0)
      await setImmediate()
      await clock.turn(599_999)
      assert.deepEqual([looks >= look, givenUp], [true, []], String(look))
    }
    await clock.turn(1)
    assert.deepEqual(givenUp, [600])
  })

  test('nothing is left when it is over', () => {
    deadlines.heard(false)
    deadlines[Symbol.dispose]()
    deadlines.heard(false)
    assert.equal(clock.waiting, 0)
  })
})

test('a flood is what this turn has written, not those before it in the same process', async () => {
  const clock = new Hand()
  const spool = { bulk: 1500 }
  let times = 0
  using _ = new FloodWatch(clock, spool as Spool, 1000, 1000, 50, () => times++)
  await clock.turn(500)
  spool.bulk = 2000
  await clock.turn(500)
  assert.equal(times, 0)
  spool.bulk = 2001
  await clock.turn(500)
  assert.equal(times, 1, 'said once')
})
