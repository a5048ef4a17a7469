import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Cursor } from '../../src/core/runtime.ts'
import { cursorOf, positionOf } from '../../src/runtimes/engine/cursor.ts'
import { fc } from '../random.ts'

suite('a position in a process’s output, as it is kept', () => {
  test('is read as it was written', () => {
    const position = fc.record(
      { generation: fc.string(), start: fc.nat(), offset: fc.nat() },
      { noNullPrototype: true },
    )
    fc.assert(fc.property(position, (each) => assert.deepEqual(positionOf(cursorOf(each)), each)))
  })

  test('is nothing when this runtime did not write it', () => {
    for (const kept of [
      '',
      'g',
      '{}',
      'null',
      '17',
      '[]',
      '["g"]',
      '["g",1]',
      '[1,2,3]',
      '["g","1",2]',
      '["g",1,null]',
    ])
      assert.equal(positionOf(kept as Cursor), null, kept)
  })
})
