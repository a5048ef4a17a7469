import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hashChain, verifyChain } from '../../src/system/hash-chain.ts'
import { fc } from '../random.ts'

const record = fc.record({ record: fc.constant('asked'), at: fc.nat(), text: fc.string() })

describe('lines that hang together by their hashes', () => {
  it('are whole as they were made, and not when one is changed, moved, added or left out', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), (made, nth, other) => {
        const { text, last } = hashChain(made)
        assert.deepEqual(verifyChain(text), { whole: true, lines: made.length, last })
        const lines = text.trimEnd().split('\n')
        const at = nth % lines.length
        const spoilt = [
          lines.toSpliced(at, 1),
          lines.toSpliced(at, 0, lines[other % lines.length] ?? ''),
          lines.with(
            at,
            (lines[at] ?? '').replace(/"(at|lines)":(\d+)/, (_whole, name, count) => `"${name}":${Number(count) + 1}`),
          ),
          lines.slice(0, at),
          [
            ...hashChain(made).text.trimEnd().split('\n').slice(0, -1),
            ...hashChain([{ record: 'x' }])
              .text.trimEnd()
              .split('\n'),
          ],
        ]
        for (const each of spoilt) assert.equal(verifyChain(each.join('\n')).whole, false, each.join('\n'))
      }),
    )
  })

  it('is not whole where there is nothing, or no JSON', () => {
    for (const text of ['', 'nothing', '{}', '{"prev":"0","hash":"0"}'])
      assert.equal(verifyChain(text).whole, false, text)
  })
})
