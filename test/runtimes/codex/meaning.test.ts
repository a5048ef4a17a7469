import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { beginning, type CodexState } from '../../../src/runtimes/codex/meaning.ts'
import { readTurn, start, turnsOf } from './turns.ts'

const versions = join(import.meta.dirname, '..', '..', 'golden', 'codex')

// What the real CLI wrote, and what it means. Written anew with UPDATE_GOLDEN=1; then read the difference.
for (const version of readdirSync(versions)) {
  describe(`what Codex CLI ${version} says means what it should`, () => {
    const folder = join(versions, version)
    for (const file of readdirSync(folder).filter((each) => each.endsWith('.jsonl'))) {
      const name = file.slice(0, -'.jsonl'.length)
      const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1)

      test(name, () => {
        const expected = join(folder, `${name}.events.json`)
        const turns = turnsOf(lines)
        for (const events of turns) {
          const ends = events.filter(({ type }) => type === 'finished')
          assert.ok(ends.length === 1 && events.at(-1) === ends[0], 'one last event')
        }
        if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(expected, `${JSON.stringify(turns, null, 1)}\n`)
        assert.deepEqual(turns, JSON.parse(readFileSync(expected, 'utf8')))
      })

      test(`${name}: a reading that was broken off and taken up again means the same`, () => {
        const whole = readTurn(lines)
        for (let at = 0; at <= lines.length; at++) {
          const first = readTurn(lines.slice(0, at))
          const rest = readTurn(lines.slice(at), first.state)
          assert.deepEqual([...first.events, ...rest.events], whole.events)
        }
      })
    }
  })
}

describe('what a reader of Codex may rely on', () => {
  const reply = (id: string, result: object) => JSON.stringify({ id, result })
  const opened = [reply('open', { thread: { id: 'ours' } }), reply('turn', { turn: { id: 't' } })]
  const notice = (method: string, params: object) => JSON.stringify({ method, params })

  test('lines it does not know, broken lines and nonsense change nothing', () => {
    const values = ['', '{', 'null', '[]', '42', '"text"', '{"a":1}', '{"id":7}', '{"id":7,"error":null}']
    const lines = [
      notice('something/new', { threadId: 'ours', turnId: 't' }),
      notice('item/started', { threadId: 'ours', turnId: 't', item: { type: 'something', id: 'x' } }),
      notice('item/completed', { threadId: 'ours', turnId: 't' }),
      notice('turn/completed', {}),
    ]
    const before = readTurn(opened)
    const after = readTurn([...values, ...lines], before.state)
    assert.deepEqual([after.events, after.state.over], [[], 'no'])
  })

  test('other conversations at the same server, and sub-agents, mean nothing', () => {
    const item = { type: 'agentMessage', id: 'm', text: 'not ours' }
    const before = readTurn(opened)
    for (const params of [
      { threadId: 'theirs', turnId: 't', item },
      { threadId: 'ours', turnId: 'another', item },
    ]) {
      const completed = notice('turn/completed', { ...params, turn: { id: params.turnId, status: 'completed' } })
      const after = readTurn([notice('item/completed', params), completed], before.state)
      assert.deepEqual([after.events, after.state.over], [[], 'no'])
    }
  })

  test('a question of a newer model, asked without waiting, is told with its options', () => {
    const questions = [{ title: 'Which colour?', options: ['red', 'blue'] }]
    const item = { type: 'agentMessage', id: 'm', text: '', delivery: 'async', questions }
    const { events } = readTurn(
      [notice('item/completed', { threadId: 'ours', turnId: 't', item })],
      readTurn(opened).state,
    )
    assert.deepEqual(events, [{ type: 'said', block: 'm', text: 'Which colour?\n- red\n- blue', whole: true }])
  })

  test('a question that the server takes back is withdrawn; one about leave must be known to be answered', () => {
    const params = { threadId: 'ours', turnId: 't', itemId: 'i' }
    const question = { id: 'q', header: '', question: 'Which?', isOther: true, isSecret: false, options: null }
    const ask = (method: string, more: object) => JSON.stringify({ id: 5, method, params: { ...params, ...more } })
    const resolved = notice('serverRequest/resolved', { threadId: 'ours', requestId: 5 })
    const asked = readTurn(
      [ask('item/tool/requestUserInput', { questions: [question] }), resolved],
      readTurn(opened).state,
    )
    assert.deepEqual(asked.events.at(-1), { type: 'withdrawn', approval: 't:5' })
    assert.deepEqual(asked.state.settled, [])
    const leave = readTurn(
      [ask('item/commandExecution/requestApproval', { command: 'x' }), resolved],
      readTurn(opened).state,
    )
    assert.deepEqual(leave.state.settled, ['t:5'])
  })

  describe('what a turn used', () => {
    const of = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens })
    const told = (total: object, last: object) =>
      notice('thread/tokenUsage/updated', { threadId: 'ours', turnId: 't', tokenUsage: { total, last } })
    const taken = JSON.stringify({ id: 'turn', result: { turn: { id: 't' } } })
    const end = (status: string) =>
      notice('turn/completed', { threadId: 'ours', turnId: 't', turn: { id: 't', status } })
    const usageOf = (lines: readonly string[], from: CodexState) => {
      const last = readTurn(lines, from).events.at(-1)
      assert.ok(last?.type === 'finished')
      return [last.outcome.usage.inputTokens, last.outcome.usage.outputTokens]
    }
    const warm = start('ours', { costUsd: 0, ...of(100, 20) })

    test('is nothing where it failed, although the server tells the numbers of the turn before once more', () => {
      assert.deepEqual(usageOf([taken, told(of(100, 20), of(100, 20)), end('failed')], warm), [0, 0])
    })

    test('is what was added, in several answers', () => {
      const lines = [taken, told(of(150, 30), of(50, 10)), told(of(250, 35), of(100, 5)), end('completed')]
      assert.deepEqual(usageOf(lines, warm), [150, 15])
    })

    test('is counted from what a conversation that is gone on with tells when it is opened', () => {
      const resumed = beginning({ ...start().from, resumed: true }, null, null, null)
      const open = JSON.stringify({ id: 'open', result: { thread: { id: 'ours', path: '/p' } } })
      const before = told(of(100, 20), of(100, 20))
      assert.deepEqual(usageOf([open, before, taken, before, end('failed')], resumed), [0, 0])
      assert.deepEqual(usageOf([open, taken, told(of(7, 1), of(7, 1)), end('completed')], resumed), [7, 1])
    })
  })

  test('a conversation that is gone is told from one that could not be opened', () => {
    const failed = (message: string) => {
      const { events } = readTurn([JSON.stringify({ id: 'open', error: { code: -32600, message } })], start())
      const [last] = events
      return last?.type === 'finished' && last.outcome.kind === 'failed' ? last.outcome.trouble.code : null
    }
    assert.equal(failed('no rollout found for thread id 1'), 'conversation-gone')
    assert.equal(failed('thread 1 already has an active writer'), 'start-failed')
    // A file that it wanted to shut was replaced in that moment: the prompt is tried again.
    const replaced = "error creating thread: fs sandbox helper failed with status 1: bwrap: Can't bind mount /a on /b"
    assert.equal(failed(replaced), 'service-busy')
  })
})
