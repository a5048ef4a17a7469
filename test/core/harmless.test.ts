import assert from 'node:assert/strict'
import { test } from 'node:test'
import { harmless } from '../../src/core/harmless.ts'

test('what cannot be seen is taken away, and what indents stays', () => {
  assert.equal(
    harmless('\u202eone\r\n\ttwo\u2028three\u200b\u00ad\u{e0041}\u{e0100}\ufe0f\u3164\u2800\u{f0000}\ud800 '),
    'one\n\ttwo\nthree',
  )
  assert.equal(harmless('가나 – naïve 👩 ok'), '가나 – naïve 👩 ok')
})
