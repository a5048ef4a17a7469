import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOf, never, parseAmount, periodOf } from '../../src/core/budget.ts'

/** What people write for a limit, and what it is taken for. */
const amounts: Readonly<Record<string, string | null>> = {
  $10: 'usd 10',
  '$ 2.50': 'usd 2.5',
  '$1,5': 'usd 1.5',
  '$1,500': 'usd 1500',
  '$1,500.25': 'usd 1500.25',
  '2.50 usd': 'usd 2.5',
  '5 $': 'usd 5',
  '5$': 'usd 5',
  '10달러': 'usd 10',
  '＄１０': 'usd 10',
  '  3 dollars ': 'usd 3',
  '200k': 'tokens 200000',
  '1.5M tokens': 'tokens 1500000',
  '16,000': 'tokens 16000',
  '500 tok': 'tokens 500',
  '토큰 20만 개': 'tokens 200000',
  '토큰 200k개': 'tokens 200000',
  '20만 토큰': 'tokens 200000',
  // Nothing, less than nothing, and less than one token.
  $0: null,
  '$0.00': null,
  '-3': null,
  '$-3': null,
  '0 tokens': null,
  '0.4 tokens': null,
  // Which of the two?
  '12': null,
  '1,5': null,
  '$5 tokens': null,
  $5k: null,
  '5개': null,
  // A slip of the hand.
  '1e9': null,
  $99999999: null,
  '99999999999999999999999 tokens': null,
  [`$${'9'.repeat(400)}`]: null,
  // No number that anybody here reads.
  '١٢': null,
  $١٢: null,
  NaN: null,
  Infinity: null,
  '': null,
  ' ': null,
  $: null,
  '1.2.3 usd': null,
  '10 € ': null,
  '$1 500': null,
}

test('a limit is taken as it is meant, or not at all', () => {
  const taken = Object.keys(amounts).map((text) => {
    const amount = parseAmount(text)
    return [text, amount === null ? null : `${amount.unit} ${amount.count}`]
  })
  assert.deepEqual(Object.fromEntries(taken), amounts)
})

test('days and months end where those of UTC do, whatever the month', () => {
  const ends = [
    ['2026-11-30T23:59:59.999Z', '2026-11-30', '2026-12-01', '2026-11', '2026-12-01'],
    ['2026-12-31T00:00:00.000Z', '2026-12-31', '2027-01-01', '2026-12', '2027-01-01'],
    ['2027-01-01T00:00:00.000Z', '2027-01-01', '2027-01-02', '2027-01', '2027-02-01'],
    ['2028-02-28T12:00:00.000Z', '2028-02-28', '2028-02-29', '2028-02', '2028-03-01'],
    ['2027-02-28T23:00:00.000Z', '2027-02-28', '2027-03-01', '2027-02', '2027-03-01'],
  ] as const
  for (const [moment, ofDay, dayEnds, ofMonth, monthEnds] of ends) {
    const at = Date.parse(moment)
    const begin = (span: 'day' | 'month'): string => new Date(endOf(span, at)).toISOString()
    assert.deepEqual(
      [periodOf('day', at), begin('day'), periodOf('month', at), begin('month')],
      [ofDay, `${dayEnds}T00:00:00.000Z`, ofMonth, `${monthEnds}T00:00:00.000Z`],
      moment,
    )
  }
  assert.deepEqual([endOf('run', 0), endOf('chain', 0)], [never, never])
})
