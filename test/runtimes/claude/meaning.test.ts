import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { RunEvent } from '../../../src/core/event.ts'
import { uncountedIn } from '../../../src/runtimes/claude/usage.ts'
import type { OutputLine } from './turns.ts'
import { allEvents, readTurn, start, turnsOf } from './turns.ts'

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
    assert.equal(state.over, 'broken', 'one that was opening its first turn is not asked again')
    assert.equal(readTurn([withdrawn], start(true)).state.over, 'clean')
  })

  test('what a process that is gone had used and not told is an estimate: the calls since it was asked, and the open one (E7)', () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 300, cache_creation_input_tokens: 20, output_tokens: 1 }
    const streams = (event: object): string => JSON.stringify({ type: 'stream_event', event })
    const begins = (id: string): string => streams({ type: 'message_start', message: { id, model: 'm', usage } })
    const ends = streams({ type: 'message_delta', usage: { output_tokens: 40 } })
    const lines = ['{"type":"system","subtype":"init","session_id":"s"}', begins('a'), ends, begins('b')]
    const { state } = readTurn(lines)
    const tokens = { input: 10, cacheRead: 300, cacheWrite: 20 }
    const used = (output: number): RunEvent => ({
      type: 'used',
      spend: { model: 'm', tokens: { ...tokens, output }, costUsd: null, estimated: true },
    })
    assert.deepEqual(uncountedIn(state), [used(40), used(1)])
    const content = [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }]
    const looked = readTurn([JSON.stringify({ type: 'user', message: { role: 'user', content } })], state).state
    const [request] = [...looked.owed.keys()]
    const model_usage = {
      m: { inputTokens: 10, cacheReadInputTokens: 300, cacheCreationInputTokens: 20, outputTokens: 40 },
    }
    const response = { subtype: 'success', request_id: request, response: { session: { model_usage } } }
    const told = readTurn([JSON.stringify({ type: 'control_response', response })], looked)
    assert.deepEqual(uncountedIn(told.state), [used(1)], 'what is told is told once')
    assert.equal(told.events.length, 1)
  })

  test('a count or a price that cannot be true is passed over, and the next one counts from the last that was', () => {
    const usage = (input: number | string, output: number | string, cost: number | string): string =>
      `{"type":"control_response","response":{"subtype":"success","request_id":"usage:u:1","response":{"session":{"model_usage":{"claude-opus-4-8":{"inputTokens":${input},"outputTokens":${output},"costUSD":${cost}}}}}}}`
    const lines = [
      '{"type":"system","subtype":"init","session_id":"s"}',
      usage(100, 10, 0.5),
      usage('1e999', 10, 1),
      usage(-1, 10, 1),
      usage(200, '7e15', 1),
      usage(200, 20, '1e300'),
      usage(200, 20, -1),
      usage(150.2, 20, 0.75),
    ]
    const spends = readTurn(lines).events.flatMap((event) => (event.type === 'used' ? [event.spend] : []))
    assert.deepEqual(
      spends.map(({ tokens, costUsd }) => [tokens.input, tokens.output, costUsd]),
      [
        [100, 10, 0.5],
        [50, 10, 0.25],
      ],
    )
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
