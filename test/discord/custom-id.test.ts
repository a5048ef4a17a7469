import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askId, buttonOf, isMarked, stopId } from '../../src/discord/custom-id.ts'

const token = 'AbCd_fGh-jKlMnOpQrStUv'

test('every button is found again by its custom id', () => {
  const table = [
    [askId(token, 'yes'), { action: 'react', token, reaction: { kind: 'approve', lasting: false } }],
    [askId(token, 'session'), { action: 'react', token, reaction: { kind: 'approve', lasting: true } }],
    [askId(token, 'send'), { action: 'react', token, reaction: { kind: 'send' } }],
    [askId(token, 'pick', 2, 11), { action: 'react', token, reaction: { kind: 'choose', question: 2, options: [11] } }],
    [askId(token, 'look'), { action: 'look', token }],
    [askId(token, 'no'), { action: 'deny', token }],
    [askId(token, 'change'), { action: 'change', token }],
    [askId(token, 'other', 3), { action: 'other', token, question: 3 }],
    [stopId('run-1.0'), { action: 'stop', run: 'run-1' }],
  ] as const
  for (const [id, button] of table) {
    assert.deepEqual(buttonOf(id), button)
    assert.ok(id.length <= 100)
  }
  const chosen = { kind: 'choose', question: 1, options: [0, 4] }
  assert.deepEqual(buttonOf(askId(token, 'pick', 1), ['0', '4']), { action: 'react', token, reaction: chosen })
})

test('what is none of ours is no button', () => {
  for (const id of [
    '',
    'omc:',
    'omc:stop:',
    'omc:stop:.',
    'omc:ask:',
    `omc:ask:${token}`,
    `omc:ask:${token}:fly`,
    'x',
  ]) {
    assert.equal(buttonOf(id), null, id)
  }
})

test('a message is known by the mark of its sheet', () => {
  assert.ok(isMarked(askId(token, 'look'), token))
  assert.ok(isMarked(stopId('run.0'), 'run.0'))
  assert.ok(!isMarked(askId(token, 'look'), token.slice(1)))
  assert.ok(!isMarked(stopId('run.0'), 'run.1'))
})
