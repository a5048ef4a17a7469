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
    // A letter cannot be escaped: the sign stands there, and the address is one.
    ['\\https://a.example', '\\\\<https://a.example>'],
    ['\\\\https://a.example \\<https://b.example>', '\\\\<https://a.example> \\<<https://b.example>>'],
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
    ['one\r\n\r\n```js\r\nlet a\r\n```\r\n#### Next\r\n50%\r100%', 'one\n\n```js\nlet a\n```\n**Next**\n50% 100%'],
    ['if (a || b || c)', 'if (a \\|\\| b \\|\\| c)'],
    ['`a || b || c` and \\|| d ||', '`a || b || c` and \\|| d \\|\\|'],
    ['- #### In a list\n> ##### In a quotation', '- **In a list**\n> **In a quotation**'],
    ['1. [ ] open\n2) [X] done', '1. ☐ open\n2) ☑ done'],
    ['>>> print(1)\nafter', '> print(1)\nafter'],
    ['> > deeper\n>> deep', '> deeper\n> deep'],
    ['> [!WARNING]\n> Careful', '> **Warning**\n> Careful'],
    ['<details open><summary><b>More</b></summary>\nit\n</details>', '**More**\nit'],
    ['one<br>two<br />three', 'one\ntwo\nthree'],
    ['<b>bold</b>, <kbd>Ctrl</kbd>, x<sup>2</sup>, H<sub>2</sub>O', '**bold**, `Ctrl`, x^2, H2O'],
    ['`<b>code</b>` and List<String> and <b>open', '`<b>code</b>` and List<String> and <b>open'],
    [
      '| run | what |\n|---|---|\n| `a | b` | a pipe |\n| `c \\| d` | one<br>two |\n| \\`e | f |',
      '```\nrun      what\n-------  -------\n`a | b`  a pipe\n`c | d`  one two\n\\`e      f\n```',
    ],
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

const links = [
  'https://x.example/a_(b)',
  '[p5](https://y.example)',
  '**p6**',
  "p7's",
  'p8||p9',
  '<b>p10</b>',
  '<details><summary>p11</summary>',
] as const
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

test('what a terminal would draw is said without its signs, but where Discord draws it too', () => {
  const drawn = (text: string): string | undefined => split(text, { limit: 2000, frozen: [], foreign: true })[0]?.drawn
  const tests = '\u001b[1m\u001b[38;5;196mFAIL\u001b[0m cart.test.ts\u0007 \u001b]0;npm test\u0007\u001b(Bdone\u0000'
  assert.equal(drawn(tests), 'FAIL cart.test.ts done')
  assert.equal(drawn(`\`\`\`\n${tests}\n\tat x\n\`\`\``), '```\nFAIL cart.test.ts done\n\tat x\n```')
  assert.equal(drawn('| a | b |\n|---|---|\n| \u001b[32mok\u001b[m | 2 |'), '```\na   b\n--  -\nok  2\n```')
  assert.equal(drawn('```ansi\n\u001b[31mred\n```'), '```ansi\n\u001b[31mred\n```')
  assert.equal(drawn('\u001bHello \u001b[mhere'), 'Hello here')
  assert.equal(drawn('\u001b[0m'), '\u001b[0m')
  // Discord has no rules, and takes these for the beginning and the end of bold or underlined words.
  for (const rule of ['***', '___', '* * *', '  -----', '---  '])
    assert.equal(drawn(`one\n\n${rule}\n\ntwo\n\n${rule}\n\nthree`), 'one\n\n───\n\ntwo\n\n───\n\nthree')
  assert.equal(drawn('***bold*** --- -- **'), '***bold*** --- -- **')
})

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
        const { code, prose, previews, masked, spoilers } = discordReads(drawn)
        assert.deepEqual(prose.match(/\bc\d+/g), null, drawn)
        assert.deepEqual(code.match(/\bp\d+/g), null, drawn)
        assert.deepEqual([...previews, ...masked, ...spoilers], [], drawn)
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
