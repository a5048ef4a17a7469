import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../src/core/event.ts'
import { coalesce } from '../../src/core/coalesce.ts'
import { events } from '../stores/cast.ts'

const { said } = events
const wanted = events.wanted('q1')

const table: readonly [string, readonly RunEvent[], readonly RunEvent[]][] = [
  ['pieces of one block are one', [said('a '), said('b '), said('c')], [said('a b c')]],
  ['pieces of two blocks stay apart', [said('a', 'b1'), said('b', 'b2')], [said('a', 'b1'), said('b', 'b2')]],
  ['what stands between keeps them apart', [said('a'), wanted, said('b')], [said('a'), wanted, said('b')]],
  [
    'a last piece read together with the whole is not swallowed by it',
    [said('nine '), said('ten'), said('nine ten', 'b1', true)],
    [said('nine ten'), said('nine ten', 'b1', true)],
  ],
  [
    'what comes after the whole begins anew',
    [said('one', 'b1', true), said('two')],
    [said('one', 'b1', true), said('two')],
  ],
]

for (const [name, given, joined] of table) test(name, () => assert.deepEqual(coalesce(given), joined))
