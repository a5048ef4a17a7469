import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limitsOf } from '../../src/confinement/limits.ts'

test('what a box may take: what is set, or half of what there is', () => {
  const gib = 1024 ** 3
  assert.deepEqual(limitsOf({ megabytes: 0, processes: 100 }, 24 * gib), { memory: 12 * gib, processes: 100 })
  assert.deepEqual(limitsOf({ megabytes: 2048, processes: 100 }, 24 * gib), { memory: 2 * gib, processes: 100 })
  assert.equal(limitsOf({ megabytes: 0, processes: 100 }, gib).memory, 2 * gib, 'a CLI has to start')
})
