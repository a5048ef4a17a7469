import assert from 'node:assert/strict'
import { test } from 'node:test'
import { split } from '../../src/discord/split.ts'
import { drawTable, tableCost, widthOf } from '../../src/discord/table.ts'
import { fc } from '../random.ts'

test('columns are aligned, also with wide characters, and on the side the table asks for', () => {
  const drawn = drawTable('| Name | 수량 | Note |\n|---|--:|:-:|\n', ['| 사과 | 3 | ok |\n', '| fig | 12 | a \\| b |'])
  assert.equal(
    drawn,
    ['```', 'Name  수량  Note', '----  ----  -----', '사과     3   ok', 'fig     12  a | b', '```', ''].join('\n'),
  )
})

test('every column begins at the same place in every row', () => {
  const cell = fc.constantFrom('a', 'bb', '한국', '👩‍👩‍👧', 'é', '中', 'ccc')
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
      const lines = drawTable(
        '| A | B |\n|---|---|\n',
        rows.map(([a, b]) => `| ${a} | ${b} |\n`),
      )
        .split('\n')
        .slice(1, -2)
      const ruler = lines[1] as string
      const second = ruler.indexOf('  ') + 2
      for (const [index, [a, b]] of rows.entries()) {
        const line = lines[index + 2] as string
        assert.equal(widthOf(line.slice(0, line.lastIndexOf(b))), second, line)
        assert.ok(line.startsWith(a))
      }
    }),
  )
})

test('the cost of a table is at least its length, and never falls as it grows', () => {
  const row = fc.stringMatching(/^\|[a-z한👍 |`]{0,20}$/u)
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (rows) => {
      const head = '| A | B |\n|---|---|\n'
      let before = 0
      const all = rows.map((each) => `${each}\n`)
      for (let count = 0; count <= all.length; count++) {
        const cost = tableCost(head, all.slice(0, count))
        assert.ok(cost >= drawTable(head, all.slice(0, count)).length)
        assert.ok(cost >= before)
        before = cost
      }
    }),
  )
})

test('a table inside an answer becomes a code block, one inside a code block stays', () => {
  const table = '| A | B |\n|---|---|\n| 1 | 2 |\n'
  const [prose] = split(`before\n\n${table}\nafter`, { limit: 2000, frozen: [] })
  assert.equal(prose?.drawn, 'before\n\n```\nA  B\n-  -\n1  2\n```\n\nafter')
  const code = `\`\`\`md\n${table}\`\`\``
  assert.equal(split(code, { limit: 2000, frozen: [] })[0]?.drawn, code)
})

test('a table that is cut says its header again', () => {
  const rows = Array.from({ length: 60 }, (_, index) => `| row ${index} | ${'x'.repeat(20)} |\n`).join('')
  const slices = split(`| Key | Value |\n|---|---|\n${rows}`, { limit: 500, frozen: [] })
  assert.ok(slices.length > 2)
  for (const { drawn } of slices) assert.match(drawn, /^```\nKey +Value\n-+ +-+\nrow /)
})

test('back-quotes in a cell do not end the block', () => {
  const drawn = drawTable('| A |\n|---|\n', ['| ``` |\n'])
  assert.equal(drawn.match(/```/g)?.length, 2)
})
