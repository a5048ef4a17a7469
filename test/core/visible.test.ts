import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { blocksOf } from '../../src/discord/blocks.ts'
import { fenced, literal, quoted, visible, visibleCommand } from '../../src/core/visible.ts'
import { fc } from '../random.ts'

/** Text with what could break a block or hide something, more often than chance has it. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '`',
        '``',
        '```',
        '~~~',
        '\n',
        '\r',
        '\u202e',
        '\u200b',
        '\u{e0041}',
        '\u3164',
        '\u0007',
        ' ',
        '@everyone',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''))

describe('what a person consents to', () => {
  it('has nothing in it that cannot be seen', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const seen = visible(text).replace(/\p{Extended_Pictographic}[\ufe0f\u200d]*/gu, '')
        assert.doesNotMatch(seen, /[\p{Cf}\p{Cs}\p{Bidi_Control}\u3164]|(?![\n\t])\p{Cc}/u)
      }),
    )
    assert.equal(visible('a\u202eb\u{e0041}c\u3164\u00a0'), 'a⟨U+202E⟩b⟨U+E0041⟩c⟨U+3164⟩⟨U+00A0⟩')
    assert.equal(visible('tab\tline\r\nnext'), 'tab\tline\nnext')
    assert.equal(visibleCommand('sh run.sh\r\nls'), 'sh run.sh⟨U+000D⟩\nls', 'a shell runs another file')
    assert.equal(visible('비밀 ❤️ 👩🏽‍💻'), '비밀 ❤️ 👩🏽‍💻', 'what is seen stays as it is')
    assert.equal(visible('x\ufe0f\u200dy'), 'x⟨U+FE0F⟩⟨U+200D⟩y')
  })

  it('cannot end its block', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const block = fenced(visible(text), 'bash')
        assert.equal(block.indexOf('```', 3), block.length - 3, 'the first closing mark is ours')
        const [only, ...more] = blocksOf(block)
        assert.equal(only?.kind, 'code')
        assert.deepEqual(more, [])
      }),
    )
  })

  it('cannot pass for words of ours', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        for (const line of quoted(visible(text)).split('\n')) assert.ok(line.startsWith('> '))
      }),
    )
    assert.equal(
      literal('# [a](https://x) <@1> @everyone\n- *b*'),
      '\\# \\[a\\](https\\://x) \\<@1\\> @\u200beveryone\n\\- \\*b\\*',
    )
  })
})
