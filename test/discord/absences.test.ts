import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Absences } from '../../src/discord/absences.ts'

test('time in which one of several was away counts once, from the moment that is asked about', () => {
  let now = 0
  const absences = new Absences({ now: () => now })
  const at = (moment: number, ...deeds: (() => void)[]): void => {
    now = moment
    for (const deed of deeds) deed()
  }
  at(10, () => absences.begin('server'))
  at(
    20,
    () => absences.begin('connection'),
    () => absences.begin('connection'),
  )
  at(
    30,
    () => absences.end('server'),
    () => absences.end('server'),
    () => absences.end('never'),
  )
  at(40, () => absences.end('connection'))
  at(60, () => absences.begin('server'))
  at(65)
  assert.deepEqual(absences.since(0, 'server', 'connection'), { now: true, ms: 35 })
  assert.deepEqual(absences.since(25, 'server', 'connection'), { now: true, ms: 20 })
  assert.deepEqual(absences.since(25, 'connection'), { now: false, ms: 15 })
  assert.deepEqual(absences.since(62, 'server'), { now: true, ms: 3 })
  assert.deepEqual(absences.since(0, 'other'), { now: false, ms: 0 })
  assert.deepEqual([absences.isAway('server'), absences.isAway('connection')], [true, false])
})
