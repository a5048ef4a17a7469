import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fitting } from '../../src/page/listbox.js'

const items = [
  { title: '/attach', detail: 'Attaches this place to a session', value: 'attach' },
  { title: '/old session', detail: '', value: 'old' },
  { title: '/board', detail: 'Shows what runs', value: 'board' },
  { title: '/session start', detail: 'Starts one here', value: 'start' },
]

void test('what begins with what is typed stands first, then what holds it, then what is said to do it', () => {
  const fits = (typed: string) => fitting(items, typed).map(({ value }) => value)
  assert.deepEqual(fits('session'), ['start', 'old', 'attach'])
  assert.deepEqual(fits(' SESSION s'), ['start'])
  assert.deepEqual(fits(''), ['attach', 'old', 'board', 'start'])
  assert.deepEqual(fits('nothing like it'), [])
})
