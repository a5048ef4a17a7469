import assert from 'node:assert/strict'
import { test } from 'node:test'
import { array, assert as holds, configureGlobal, constantFrom, oneof, property, string } from 'fast-check'
import { PAGE } from './browser.ts'

// A run that failed says its seed, and takes it back.
const seed = process.env['OMC_TEST_SEED']
if (seed !== undefined) configureGlobal({ seed: Number(seed) })

interface Node {
  type: string
  text?: string
  children?: Node[]
  items?: Node[][]
  [more: string]: unknown
}
const { parse }: { parse: (source: string) => Node[] } = await import(`${PAGE}markdown.js`)
const {
  resolveMentions,
}: { resolveMentions: (text: string, items: { value: string; title: string; detail?: string }[]) => string } =
  await import(`${PAGE}mention-list.js`)

/** The tree in short: `strong(a)` for bold, plain text as it is. */
function short(nodes: readonly Node[]): string {
  return nodes
    .map(({ type, text, children, items, ...more }) => {
      if (type === 'text') return text
      const inside =
        text ?? (items ? items.map(short).join('|') : children ? short(children) : Object.values(more).join(':'))
      const extra =
        type === 'block' ? `${String(more['language'])}:` : type === 'link' ? `${String(more['href'])} ` : ''
      return `${type}(${extra}${inside})`
    })
    .join('')
}

const CASES: [string, string][] = [
  ['**a** *b* _c_ __d__ ~~e~~ ||f||', 'strong(a) em(b) em(c) u(d) s(e) spoiler(f)'],
  ['***x*** and *a **b** c*', 'em(strong(x)) and em(a strong(b) c)'],
  ['snake_case_name 2 * 3 * 4', 'snake_case_name 2 * 3 * 4'],
  ['`**code**` ``a ` b``', 'code(**code**) code(a ` b)'],
  ['a\n```ts\nconst x = 1\n\n# no heading\n```\nb', 'ablock(ts:const x = 1\n\n# no heading)b'],
  ['```just text```', 'block(:just text)'],
  ['```js\nunclosed', '```jsbreak()unclosed'],
  ['# One\n### Three\n#none', 'heading(One)heading(Three)#none'],
  ['> quoted\n> more\nnot', 'quote(quotedbreak()more)not'],
  ['>>> all\nof it', 'quote(allbreak()of it)'],
  ['- a\n- b\nend', 'list(a|b)end'],
  ['-# small', 'subtext(small)'],
  [
    '<@1> <@!2> <@&3> <#4> </session start:5> @everyone',
    'user(1) user(2) role(3) channel(4) command(session start) everyone(@everyone)',
  ],
  ['<t:60:R> <t:60>', 'time(60000:R) time(60000:f)'],
  ['see https://a.test/x_y_(z). ok', 'see link(https://a.test/x_y_(z) https://a.test/x_y_(z)). ok'],
  ['[words](https://a.test/b) [no](javascript:x)', 'link(https://a.test/b words) [no](javascript:x)'],
  [String.raw`\*plain\* \_too\_`, '*plain* _too_'],
  ['<b>x</b> & y', '<b>x</b> & y'],
]

for (const [source, tree] of CASES) {
  void test(`markdown: ${JSON.stringify(source)}`, () => assert.equal(short(parse(source)), tree))
}

const MARKS = ['*', '_', '~', '|', '`', '>', '#', '-', '[', ']', '(', ')', '<', '@', '\\', '!', '&', ':', '"', '+', '.']

void test('markdown: whatever is escaped comes out as it was', () => {
  const pieces = array(oneof(constantFrom(...MARKS), constantFrom(' ', 'a', 'snake', '가')), { maxLength: 40 })
  holds(
    property(pieces, (made) => {
      const source = made.map((piece) => (MARKS.includes(piece) ? `\\${piece}` : piece)).join('')
      assert.equal(short(parse(source)), made.join(''))
    }),
    { numRuns: 500 },
  )
})

void test('markdown: no text makes it throw or hang, and every link goes to the web', () => {
  const piece = oneof(
    constantFrom(...MARKS, '\n', '```', 'https://', 'javascript:', '](', '<t:', '<@', '1'),
    string({ maxLength: 3 }),
  )
  const links = (nodes: readonly Node[]): unknown[] =>
    nodes.flatMap((node) => [
      ...(node.type === 'link' ? [node['href']] : []),
      ...links(node.children ?? []),
      ...(node.items ?? []).flatMap(links),
    ])
  holds(
    property(array(piece, { maxLength: 60 }), (made) => {
      for (const href of links(parse(made.join('')))) assert.match(String(href), /^https?:\/\//)
    }),
    { numRuns: 1000 },
  )
  // A hostile text must not hold up the page: were it read in all its ways, this would never come to its end.
  parse('**_~~||'.repeat(1200) + '['.repeat(2000) + '`'.repeat(1601))
})

void test('typed names become mentions, longest first, and code stays as it is', () => {
  const items = [
    { value: '<@1>', title: 'Mina', detail: 'mina' },
    { value: '<@2>', title: 'Mina Lee', detail: 'minalee' },
    { value: '<@&3>', title: 'Mina', detail: 'role' },
    { value: '<@4>', title: '김민수', detail: 'minsu' },
  ]
  assert.equal(resolveMentions('@Mina Lee and @mina, @김민수 hi', items), '<@2> and <@1>, <@4> hi')
  assert.equal(resolveMentions('@Minaret a@mina `@mina` ```@mina```', items), '@Minaret a@mina `@mina` ```@mina```')
})
