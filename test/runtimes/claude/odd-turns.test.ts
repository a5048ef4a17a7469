import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RunEvent } from '../../../src/core/event.ts'
import { readTurn, start } from './turns.ts'

// What the CLI may write by its own rules, and hardly ever does: nobody's words are lost, and none are another turn's.

const line = (told: object): string => JSON.stringify(told)
const init = line({ type: 'system', subtype: 'init', session_id: 's' })
const result = (text: string, more: object = {}): string =>
  line({ type: 'result', subtype: 'success', is_error: false, result: text, terminal_reason: 'completed', ...more })
const whole = (id: string, text: string): string =>
  line({ type: 'assistant', message: { id, content: [{ type: 'text', text }] } })
const said = (events: readonly RunEvent[]): string =>
  events.flatMap((event) => (event.type === 'said' && event.whole ? [event.text] : [])).join('|')
const ends = (events: readonly RunEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'finished' ? [event.outcome.kind] : []))

describe('an odd turn of Claude', () => {
  test('a second result of the turn before, which comes late, does not end the next one', () => {
    const { events, state } = readTurn(
      [result('of the turn before'), init, whole('m', 'mine'), result('mine')],
      start(true),
    )
    assert.equal(said(events), 'mine')
    assert.deepEqual(ends(events), ['done'])
    assert.equal(state.over, 'clean')
    assert.equal(events[0]?.type, 'started')
  })

  test('a process that is new and could not begin at all says so by its result alone', () => {
    const { events } = readTurn([result('no', { is_error: true, subtype: 'error_during_execution' })], start(false))
    assert.deepEqual(ends(events), ['failed'])
  })

  test('the end of a turn that nobody asked for, in the middle of ours, takes nothing of ours', () => {
    const other = result('not yours', { origin: { kind: 'task-notification' } })
    const { events } = readTurn([init, other, whole('m', 'mine'), result('mine')])
    assert.equal(said(events), 'mine')
    assert.deepEqual(ends(events), ['done'])
  })

  test('an answer that only the result tells is told, once', () => {
    const { events } = readTurn([init, result('told by the result alone')])
    assert.equal(said(events), 'told by the result alone')
    assert.deepEqual(ends(events), ['done'])
    const again = readTurn([init, whole('m', 'told by the result alone'), result('told by the result alone')])
    assert.equal(said(again.events), 'told by the result alone')
    // A failure's text is its reason, told as such.
    assert.equal(said(readTurn([init, result('why', { is_error: true })]).events), '')
  })

  test('what streams from a sub-agent is for the agent that asked it', () => {
    const streams = (event: object): string => line({ type: 'stream_event', event, parent_tool_use_id: 'toolu_1' })
    const begins = streams({ type: 'message_start', message: { id: 'inner', model: 'm' } })
    const delta = streams({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'inner' } })
    const { events } = readTurn([init, begins, delta, whole('m', 'mine'), result('mine')])
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'said' ? [event.text] : [])),
      ['mine'],
    )
  })
})
