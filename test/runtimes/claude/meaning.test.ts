import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { RunEvent } from '../../../src/core/event.ts'
import type { OutputLine } from './turns.ts'
import { allEvents, readTurn, turnsOf } from './turns.ts'

const versions = join(import.meta.dirname, '..', '..', 'golden', 'claude')

// What the real CLI wrote, and what it means. Written anew with UPDATE_GOLDEN=1; then read the difference.
for (const version of readdirSync(versions)) {
  describe(`what Claude Code ${version} says means what it should`, () => {
    const folder = join(versions, version)
    for (const file of readdirSync(folder).filter((each) => each.endsWith('.jsonl'))) {
      const name = file.slice(0, -'.jsonl'.length)
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1)

      test(name, () => {
        const expected = join(folder, `${name}.events.json`)
        const turns = turnsOf(lines)
        if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, `${JSON.stringify(turns, null, 1)}\n`)
        assert.deepEqual(turns, JSON.parse(readFileSync(expected, 'utf8')))
      })

      test(`${name}: a reading that was broken off and taken up again means the same`, () => {
        const whole = readTurn(lines)
        for (let at = 0; at <= lines.length; at++) {
          const first = readTurn(lines.slice(0, at))
          const again = readTurn(lines.slice(0, at))
          const rest = readTurn(lines.slice(at), again.state)
          assert.deepEqual([...first.events, ...rest.events], whole.events)
        }
      })
    }
  })
}

describe('what a reader may rely on', () => {
  test('every turn has one last event, and it is the last', () => {
    for (const { name, events } of allEvents(versions)) {
      const ends = events.filter(({ type }) => type === 'finished')
      assert.ok(ends.length <= 1, name)
      if (ends.length === 1) assert.equal(events.at(-1), ends[0], name)
    }
  })

  test('lines it does not know, broken lines and nonsense change nothing', () => {
    const values = ['', '{', 'null', '[]', '42', '"text"', '{"type":"something_new","a":1}']
    const lines = ['{"type":"system","subtype":"something_new"}', '{"type":"assistant"}', '{"type":"user","message":7}']
    const inner = [
      '{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"new_delta"}}}',
      '{"type":"rate_limit_event"}',
    ]
    const nonsense: readonly OutputLine[] = [...values, ...lines, ...inner]
    const init = '{"type":"system","subtype":"init","session_id":"s"}'
    const before = readTurn([init])
    const after = readTurn(nonsense, before.state)
    assert.deepEqual(after.events, [])
    assert.deepEqual(after.state, before.state)
  })

  test('a conversation that the CLI changed by itself is followed', () => {
    const { events } = readTurn(['{"type":"system","subtype":"init","session_id":"another"}'])
    const transcript = '/room/config/projects/-room-project/another.jsonl'
    assert.deepEqual(events, [{ type: 'started', pid: 1, warm: false, conversation: { id: 'another', transcript } }])
  })

  test('a prompt that was taken out of the queue is stopped, whatever comes after', () => {
    const response = { subtype: 'success', request_id: 'withdraw:ours', response: { cancelled: true } }
    const withdrawn = JSON.stringify({ type: 'control_response', response })
    const { events, state } = readTurn([withdrawn, '{"type":"result","subtype":"success"}'])
    const usage = { inputTokens: 0, outputTokens: 0, costUsd: null }
    assert.deepEqual(events, [{ type: 'finished', outcome: { kind: 'stopped', usage } }])
    assert.equal(state.over, 'clean')
  })

  test('a mode that we did not set shows that somebody else writes to the input', () => {
    const { state } = readTurn(['{"type":"system","subtype":"status","permissionMode":"acceptEdits"}'])
    assert.match(state.tampering ?? '', /acceptEdits/)
  })

  test('a tool call has one line as its title, whatever its input', () => {
    const titleOf = (name: string, input: object): string => {
      const content = [{ type: 'tool_use', id: 't', name, input }]
      const lines = [
        '{"type":"system","subtype":"init","session_id":"s"}',
        JSON.stringify({ type: 'assistant', message: { id: 'm', content } }),
      ]
      const [, acted] = readTurn(lines).events as [RunEvent, Extract<RunEvent, { type: 'acted' }>]
      return acted.action.title
    }
    assert.equal(titleOf('Read', { file_path: '/room/project/src/a.ts' }), 'src/a.ts')
    assert.equal(titleOf('Read', { file_path: '/room/project' }), '.')
    assert.equal(titleOf('Read', { file_path: '/room/projects/a.ts' }), '/room/projects/a.ts')
    assert.equal(titleOf('Bash', { command: '\n\n  npm test\nrm -rf /' }), 'npm test')
    assert.equal(titleOf('Bash', { command: 'a\u0007\u202eb\tc' }), 'abc')
    assert.equal(titleOf('Bash', {}), '')
    assert.equal(titleOf('Bash', { command: 7 }), '')
    const long = titleOf('Bash', { command: '가'.repeat(500) })
    assert.equal(Array.from(long).length, 200)
    assert.ok(long.endsWith('…'))
  })
})
