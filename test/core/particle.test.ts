import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tierEnding } from '../../src/core/particle.ts'

test('an ending fits how the tier is read', () => {
  assert.deepEqual(
    (['is', 'because', 'was'] as const).map((ending) => tierEnding('public', ending)),
    ['이에요', '이라서', '이었는데'],
  )
  for (const tier of ['owner', 'member', 'guest', 'blocked'] as const) assert.equal(tierEnding(tier, 'is'), '예요')
})
