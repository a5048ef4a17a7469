import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assert as holds, constantFrom, integer, property, string } from 'fast-check'
import '../random.ts'
import { clockTime, roughly } from '../../src/core/durations.ts'
import { bytes, exact, money, short } from '../../src/core/figures.ts'
import { code, cut, plain } from '../../src/core/markdown.ts'

describe('plain', () => {
  it('takes the meaning out of markdown, mentions and addresses', () => {
    assert.equal(plain('**a** _b_ ~~c~~ ||d||'), '\\*\\*a\\*\\* \\_b\\_ \\~\\~c\\~\\~ \\|\\|d\\|\\|')
    assert.equal(plain('<@1> [x](y) `z` a\\'), '\\<@1\\> \\[x\\](y) \\`z\\` a\\\\')
    assert.equal(plain('https://evil.example'), 'https\\://evil.example')
    assert.equal(plain('@everyone @here'), '@\u200beveryone @\u200bhere')
    assert.equal(plain('one\ntwo\u202e\u0000\u200b'), 'one two⟨U+202E⟩ ⟨U+200B⟩')
  })

  it('leaves nothing in it that cannot be seen, nor does code', () => {
    holds(
      property(string({ unit: 'binary', maxLength: 100 }), (text) => {
        for (const shown of [plain(text), code(text)]) {
          const bare = shown.replaceAll('@\u200b', '@').replace(/\p{Extended_Pictographic}[\ufe0f\u200d]*/gu, '')
          assert.doesNotMatch(bare, /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u)
        }
      }),
    )
  })

  it('never leaves a special character bare', () => {
    holds(
      property(string({ unit: 'binary', maxLength: 400 }), (text) => {
        assert.doesNotMatch(plain(text).replace(/\\[^\n]/g, ''), /[*_~|`<>[\]\n\r]/)
      }),
    )
  })
})

describe('code', () => {
  it('keeps backticks inside the marks', () => {
    assert.equal(code('src/a.ts'), '`src/a.ts`')
    assert.equal(code('a`b'), '``a`b``')
    assert.equal(code('`a`'), '`` `a` ``')
    assert.equal(code('a```b'), '`aˋˋˋb`')
    assert.equal(code(' \n '), '')
  })

  it('is one closed span for any text', () => {
    holds(
      property(string({ unit: constantFrom('`', 'a', ' ', '\n', '😀'), minLength: 1 }), (text) => {
        const span = code(text)
        if (span === '') return
        // Discord's own rule: marks, anything that does not end in a mark, the same marks, no further one.
        assert.match(span, /^(`+)([^`\n]|[^`\n][^\n]*?[^`\n])\1(?!`)$/)
        assert.ok(!span.startsWith('```'))
      }),
    )
  })
})

describe('cut', () => {
  it('keeps to the limit and breaks no grapheme', () => {
    assert.equal(cut('abc', 3), 'abc')
    assert.equal(cut('abcd', 3), 'ab…')
    assert.equal(cut('👩‍👩‍👧abc', 9), '👩‍👩‍👧…')
    holds(
      property(string({ unit: 'grapheme', maxLength: 300 }), integer({ min: 1, max: 99 }), (text, limit) => {
        const kept = cut(text, limit)
        assert.ok(kept.length <= limit)
        assert.ok(kept.isWellFormed())
      }),
    )
  })
})

describe('figures and durations', () => {
  it('writes times as m:ss', () => {
    assert.deepEqual([0, 42_999, 72_000, 3_723_000, -5, NaN].map(clockTime), [
      '0:00',
      '0:42',
      '1:12',
      '1:02:03',
      '0:00',
      '0:00',
    ])
  })

  it('writes rough times', () => {
    assert.deepEqual(roughly(400), { count: 1, unit: 'seconds' })
    assert.deepEqual(roughly(240_000), { count: 4, unit: 'minutes' })
    assert.deepEqual(roughly(7_200_000), { count: 2, unit: 'hours' })
  })

  it('writes money with two digits, tokens short, counts exact', () => {
    assert.deepEqual([0, 0.001, 0.08, 1.999].map(money), ['$0.00', '<$0.01', '$0.08', '$2.00'])
    assert.deepEqual([940, 12_400, 12_000, 999_960, 1_250_000].map(short), ['940', '12.4k', '12k', '1M', '1.3M'])
    assert.deepEqual([7, 16_000, 1_234_567].map(exact), ['7', '16,000', '1,234,567'])
    assert.deepEqual([640e6, 12.34e9].map(bytes), ['640 MB', '12.3 GB'])
  })
})
