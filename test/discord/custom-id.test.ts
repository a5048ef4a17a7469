import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askId, isMarked, stopId } from '../../src/discord/custom-id.ts'

const token = 'AbCd_fGh-jKlMnOpQrStUv'

test('a message is known by the mark of its rendering, also one of an earlier version', () => {
  assert.ok(isMarked(askId(token, 'look'), token))
  assert.ok(isMarked(askId(token, 'pick', 1, 2), token))
  assert.ok(isMarked(stopId('run.0'), 'run.0'))
  assert.ok(isMarked('omc:stop:run.0', 'run.0'))
  assert.ok(isMarked(`omc:ask:${token}:look`, token))
  assert.ok(!isMarked(askId(token, 'look'), token.slice(1)))
  assert.ok(!isMarked(stopId('run.0'), 'run.1'))
  assert.ok(!isMarked('from-another-age', ''))
})
