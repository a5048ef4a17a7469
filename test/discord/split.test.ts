import assert from 'node:assert/strict'
import { test } from 'node:test'
import { split, tailOf, type Slice } from '../../src/discord/split.ts'
import { fc } from '../random.ts'

const limit = 300
const runs = { numRuns: 300, interruptAfterTimeLimit: 20_000 }

const word = fc.stringMatching(/^[a-z]{1,12}$/)
const sentence = fc.array(word, { minLength: 1, maxLength: 14 }).map((words) => `${words.join(' ')}.`)
const code = fc
  .tuple(
    fc.constantFrom('```', '```TS', '  ```SH', '````MD', '~~~'),
    fc.array(fc.oneof(word, sentence), { maxLength: 30 }),
    fc.boolean(),
  )
  .map(([fence, lines, closed]) => `${fence}\n${lines.join('\n')}\n${closed ? `${/[`~]+/.exec(fence)?.[0]}\n` : ''}`)
const link = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 4 }), word)
  .map(([label, at]) => `[${label.join(' ')}](https://x.test/${at})`)
const address = fc.array(word, { minLength: 1, maxLength: 5 }).map((path) => `https://x.test/${path.join('/')}`)
const span = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => `\`${words.join(' ')}\``)
const emoji = fc.constantFrom('👩‍👩‍👧‍👦', '🇰🇷🇺🇸', 'é́', '한국어', '𝒳𝒴', '中文字')
const table = fc
  .array(fc.tuple(word, fc.oneof(word, sentence, emoji)), { minLength: 1, maxLength: 12 })
  .map((rows) => `\n| A | B |\n|---|--:|\n${rows.map(([a, b]) => `| ${a} | ${b} |\n`).join('')}`)
const stray = fc.constantFrom('`', '[', '](', '|', '\n', '\n\n', '   ', '**', '```', '\\', '(', ')', 'http', '|\n|-')
const piece = fc.oneof(
  { weight: 4, arbitrary: sentence },
  code,
  link,
  address,
  span,
  emoji,
  table,
  stray,
  fc.stringMatching(/^[a-z]{200,700}$/),
)
const glue = fc.constantFrom(' ', ' ', '\n', '\n\n', '\r\n', '')
const markdown = fc
  .array(fc.tuple(piece, glue), { minLength: 1, maxLength: 25 })
  .map((pieces) => pieces.map(([text, end]) => text + end).join(''))

test('every part fits, says something, and follows the one before', () => {
  fc.assert(
    fc.property(markdown, (text) => {
      let end = 0
      for (const slice of split(text, { limit, frozen: [] })) {
        assert.ok(slice.drawn.length <= limit, `${slice.drawn.length} characters`)
        assert.notEqual(slice.drawn.trim(), '')
        assert.equal(slice.start, end)
        assert.ok(slice.end > slice.start)
        end = slice.end
      }
      // What is behind the last part is nothing to see: blanks, or the end of a code block.
      assert.match(text.slice(end), /^[\s`~]*$/)
    }),
    runs,
  )
})

/**
 * Without what is said again in every part: a language behind the marks of a fence, and small letters in the header of
 * a table (which a stray separator makes of any line above it).
 */
const plainFences = markdown.map((text) => text.replaceAll(/(`{3,}|~{3,}).*/g, '$1').replaceAll('|\n|-', '|'))

test('no visible character is lost, none comes twice', () => {
  fc.assert(
    fc.property(plainFences, (text) => {
      const shown = split(text, { limit, frozen: [] })
        .map((slice) => slice.drawn)
        .join('')
      assert.equal(letters(shown), letters(text))
    }),
    runs,
  )
})

test('when the text grows, all parts but the last stay as they are', () => {
  fc.assert(
    fc.property(markdown, fc.array(fc.nat(), { minLength: 1, maxLength: 8 }), (text, cuts) => {
      const whole = split(text, { limit, frozen: [] })
      for (const cut of cuts) {
        const grown = split(text.slice(0, cut % (text.length + 1)), { limit, frozen: [] })
        for (const [index, slice] of grown.slice(0, -1).entries()) assert.deepEqual(slice, whole[index])
      }
    }),
    { numRuns: 1000 },
  )
})

test('frozen parts end where they ended; the rest is split as if it stood alone behind them', () => {
  fc.assert(
    fc.property(markdown, (text) => {
      const free = split(text, { limit, frozen: [] })
      const frozen = free.slice(0, 2).map((slice) => slice.end)
      assert.deepEqual(split(text, { limit, frozen }), free)
    }),
    runs,
  )
})

test('code blocks are closed in every part and opened again with their language', () => {
  fc.assert(
    fc.property(fc.array(sentence, { minLength: 30, maxLength: 90 }), (lines) => {
      const slices = split(`before\n\n\`\`\`TS\n${lines.join('\n')}\n\`\`\`\nafter`, { limit, frozen: [] })
      for (const { drawn } of slices) {
        const fences = drawn.split('\n').filter((line) => line.startsWith('```'))
        assert.equal(fences.length % 2, 0, drawn)
        assert.ok(
          fences.every((fence, index) => fence === (index % 2 === 0 ? '```TS' : '```')),
          drawn,
        )
        assert.ok(!drawn.includes('```TS\n```'), drawn)
      }
    }),
    runs,
  )
})

test('links, addresses and code spans that fit a part are never split', () => {
  const special = fc.oneof(link, address, span)
  const mixed = fc.array(fc.oneof(sentence, special), { minLength: 10, maxLength: 60 })
  fc.assert(
    fc.property(mixed, (pieces) => {
      const slices = split(pieces.join(' '), { limit, frozen: [] })
      for (const each of pieces.filter((text) => /^[[`h]/.test(text) && /[)`/]/.test(text))) {
        assert.ok(
          slices.some((slice) => slice.drawn.includes(each)),
          each,
        )
      }
    }),
    runs,
  )
})

test('characters as people see them stay whole', () => {
  const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const segments = (text: string): readonly string[] => Array.from(segmenter.segment(text), (each) => each.segment)
  fc.assert(
    fc.property(fc.array(emoji, { minLength: 100, maxLength: 400 }), (pieces) => {
      const text = pieces.join('')
      const shown = split(text, { limit, frozen: [] }).flatMap((slice) => segments(slice.drawn))
      assert.deepEqual(shown, segments(text))
    }),
    { numRuns: 40 },
  )
})

test('the tail is the latest text and fits', () => {
  fc.assert(
    fc.property(plainFences, (text) => {
      const tail = tailOf(text, 0, limit)
      assert.ok(tail.length <= limit)
      assert.ok(letters(text).endsWith(letters(tail)))
    }),
    runs,
  )
})

test('prefers paragraphs to lines, lines to sentences, sentences to words', () => {
  const ends = (text: string): string => (split(text, { limit: 100, frozen: [] })[0] as Slice).drawn
  const filler = (count: number): string => 'word '.repeat(count).trim()
  assert.equal(ends(`${filler(9)}\n\nnext line\nand ${filler(20)}`), filler(9))
  assert.equal(ends(`${filler(9)}\nnext. sentence ${filler(20)}`), filler(9))
  assert.equal(ends(`${filler(9)}. next ${filler(20)}`), `${filler(9)}.`)
  assert.match(ends(filler(40)), /^(word )+word$/)
})

test('nothing to say gives no part', () => {
  for (const text of ['', ' ', '\n\n\n', ' '.repeat(5000)]) assert.deepEqual(split(text, { limit, frozen: [] }), [])
})

/** The letters that only the text has: openings and headers that come again are in capitals. */
function letters(text: string): string {
  return text.replaceAll(/[^a-z\p{Lo}]/gu, '')
}
