import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { restated, restatingCost } from '../../src/discord/prose.ts'
import { split } from '../../src/discord/split.ts'
import { fc } from '../random.ts'
import { discordReads } from './discord-markdown.ts'

/** As one message shows an agent's answer. */
function shown(text: string): string {
  return split(text, { limit: 2000, frozen: [], foreign: true })
    .map(({ drawn }) => drawn)
    .join('\n=====\n')
}

suite('what Discord does not know is drawn as what it knows', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['#### A heading\n##### Another ##', '**A heading**\n**Another**'],
    ['### Known', '### Known'],
    ['- [ ] open\n- [x] done', '- ☐ open\n- ☑ done'],
    ['[the bank](https://evil.example/x)', 'the bank (<https://evil.example/x>)'],
    ['[https://a.example](https://b.example)', '<https://a.example> (<https://b.example>)'],
    ['[b.example](https://b.example)', '<https://b.example>'],
    [
      'see https://a.example/x?y=(1), or (https://b.example).',
      'see <https://a.example/x?y=(1)>, or (<https://b.example>).',
    ],
    ['<https://a.example> stays', '<https://a.example> stays'],
    ['`https://a.example` is code', '`https://a.example` is code'],
    ['![a chart](https://a.example/c.png "title")', 'a chart (<https://a.example/c.png>)'],
    ['[src/a.ts](src/a.ts) and [the file](src/b.ts)', 'src/a.ts and the file (src/b.ts)'],
    ['[wiki](https://en.example/A_(b))', 'wiki (<https://en.example/A_(b)>)'],
    ["it's a ` stray one", "it's a \\` stray one"],
    ['a ``` stray fence', 'a \\`\\`\\` stray fence'],
    ['~~~js\nlet a\n~~~', '```js\nlet a\n```'],
    ['````md\n```js\nx\n```\n````', '```md\n`\u200b`\u200b`js\nx\n`\u200b`\u200b`\n```'],
    [
      '1. First:\n   ```sh\n   npm test\n     more\n   ```\n2. Then',
      '1. First:\n```sh\nnpm test\n  more\n```\n2. Then',
    ],
    ['- ```js\n  a\n  ```\n- b', '```js\na\n```\n- b'],
    ['> ```js\n> a\n> ```\n> said', '> ```js\n> a\n> ```\n> said'],
    ['> ```js\n> a\nprose', '> ```js\n> a\n> ```\nprose'],
  ]
  for (const [text, expected] of cases) test(JSON.stringify(text), () => assert.equal(shown(text), expected))
})

const ids = fc.array(fc.integer({ min: 0, max: 99_999 }), { minLength: 1, maxLength: 30 })
const wordsOf = (sign: string) => ids.map((all) => all.map((id) => `${sign}${id}`).join(' '))
const codeLines = fc.array(fc.oneof(wordsOf('c'), fc.constantFrom('', '  c1', '`c2`', '~~~', 'c3 # c4')), {
  minLength: 1,
  maxLength: 25,
})

/** A code block in whatever form an agent may write it. */
const block = fc
  .tuple(
    fc.constantFrom('```', '````', '~~~~', '`````'),
    fc.constantFrom('', 'ts', 'c++'),
    codeLines,
    fc.constantFrom('', '  ', '- ', '1. ', '> ', '> - '),
  )
  .map(([mark, info, lines, before]) => {
    const deep = before.includes('>') ? `> ${' '.repeat(before.length - 2)}` : ' '.repeat(before.length)
    const inner = mark === '````' ? ['```', ...lines, '```'] : lines
    return [`${before}${mark}${info}`, ...inner.map((line) => deep + line), deep + mark].join('\n')
  })

const links = ['https://x.example/a_(b)', '[p5](https://y.example)', '**p6**', "p7's"] as const
/** With whole code spans, or with stray back-quotes: both together mean nothing certain. */
const paragraph = fc.oneof(
  ...[
    ['`c7`', '``c8 ` c9``'],
    ['`', 'p1```'],
  ].map((ticks) =>
    fc
      .array(fc.oneof({ weight: 4, arbitrary: wordsOf('p') }, fc.constantFrom(...ticks, ...links)), {
        minLength: 1,
        maxLength: 12,
      })
      // Two alike would be a span.
      .map((parts) => parts.filter((part, nth) => !ticks.includes(part) || parts.indexOf(part) === nth))
      .map((parts) => parts.join(' ')),
  ),
)

const document = fc
  .array(
    fc.oneof(
      block,
      paragraph,
      paragraph.map((text) => `> ${text}`),
      paragraph.map((text) => `- ${text}`),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((blocks) => blocks.join('\n\n'))

test('in every message Discord reads code as code, prose as prose, and fetches and hides nothing', () => {
  fc.assert(
    fc.property(document, (text) => {
      for (const { drawn } of split(text, { limit: 400, frozen: [], foreign: true })) {
        const { code, prose, previews, masked } = discordReads(drawn)
        assert.deepEqual(prose.match(/\bc\d+/g), null, drawn)
        assert.deepEqual(code.match(/\bp\d+/g), null, drawn)
        assert.deepEqual([...previews, ...masked], [], drawn)
      }
    }),
    { numRuns: 400, interruptAfterTimeLimit: 20_000 },
  )
})

test('what is said anew costs no more than was reckoned, and the reckoning only grows', () => {
  fc.assert(
    fc.property(document, (text) => {
      assert.ok(restated(text).length <= text.length + restatingCost(text))
      const half = text.slice(0, text.length / 2)
      assert.ok(restatingCost(half) <= restatingCost(text))
    }),
    { numRuns: 300 },
  )
})
