import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Spend } from '../../../src/core/spending.ts'
import { readTurn, start } from './turns.ts'

const [ours, child, grandchild, other] = ['thread-ours', 'thread-child', 'thread-grandchild', 'thread-other']

const opened = [
  { id: 'open', result: { thread: { id: ours, path: '/room/rollout' }, model: 'gpt-5.5' } },
  { id: 'turn', result: { turn: { id: 'turn-1' } } },
]

function usage(threadId: string, input: number, cached: number, output: number): object {
  const total = { inputTokens: input, cachedInputTokens: cached, cacheWriteInputTokens: 0, outputTokens: output }
  return { method: 'thread/tokenUsage/updated', params: { threadId, turnId: 'x', tokenUsage: { total, last: total } } }
}

function begins(threadId: string, agentThreadId: string): object {
  const item = { id: `i-${agentThreadId}`, type: 'subAgentActivity', kind: 'started', agentThreadId }
  return { method: 'item/completed', params: { threadId, turnId: threadId === ours ? 'turn-1' : 'turn-2', item } }
}

function spent(lines: readonly object[], from = start()): readonly Spend[] {
  const { events } = readTurn(
    lines.map((line) => JSON.stringify(line)),
    from,
  )
  return events.flatMap((event) => (event.type === 'used' ? [event.spend] : []))
}

function tokens(input: number, cacheRead: number, output: number) {
  return { input, cacheRead, cacheWrite: 0, output }
}

describe('what Codex counts', () => {
  test('each answer once: the same count again, after a call that failed, says nothing (E1)', () => {
    const lines = [...opened, usage(ours, 100, 40, 20), usage(ours, 100, 40, 20), usage(ours, 250, 140, 50)]
    assert.deepEqual(
      spent(lines).map((each) => each.tokens),
      [tokens(60, 40, 20), tokens(50, 100, 30)],
    )
    assert.deepEqual(new Set(spent(lines).map(({ model }) => model)), new Set(['gpt-5.5']))
  })

  test('sub-agents count for themselves, from nothing, and so do theirs; other conversations are somebody else’s (E4)', () => {
    const lines = [
      ...opened,
      usage(other, 7000, 0, 700),
      begins(ours, child),
      usage(child, 1000, 0, 100),
      begins(child, grandchild),
      usage(grandchild, 30, 0, 3),
      usage(child, 1500, 500, 150),
      usage(ours, 100, 0, 20),
    ]
    assert.deepEqual(
      spent(lines).map((each) => each.tokens),
      [tokens(1000, 0, 100), tokens(30, 0, 3), tokens(0, 500, 50), tokens(100, 0, 20)],
    )
  })

  test('a turn counts from where the one before it ended, and a sub-agent’s late count is not lost', () => {
    const first = readTurn(
      [...opened, begins(ours, child), usage(child, 10, 0, 1), usage(ours, 100, 0, 20)].map((line) =>
        JSON.stringify(line),
      ),
    )
    const second = start(ours, first.state.spent)
    const lines = [
      { id: 'turn', result: { turn: { id: 'turn-1' } } },
      usage(ours, 100, 0, 20),
      usage(child, 25, 0, 4),
      usage(ours, 180, 0, 30),
    ]
    assert.deepEqual(
      spent(lines, second).map((each) => each.tokens),
      [tokens(15, 0, 3), tokens(80, 0, 10)],
    )
  })

  test('a count that cannot be true is passed over, and the next one counts from the last that was', () => {
    const mad = (input: string, output: string) =>
      JSON.stringify(usage(ours, 1, 140, 2))
        .replaceAll(/Tokens":1\b/g, `Tokens":${input}`)
        .replaceAll(/Tokens":2\b/g, `Tokens":${output}`)
    const nonsense = [mad('1e999', '3'), mad('-70', '3'), mad('5e14', '3'), mad('200', '-1'), mad('"many"', '{}')]
    const lines = [...opened, usage(ours, 100, 40, 20)].map((line) => JSON.stringify(line))
    const { events } = readTurn([...lines, ...nonsense, JSON.stringify(usage(ours, 250, 140, 50)), mad('250.4', '60')])
    assert.deepEqual(
      events.flatMap((event) => (event.type === 'used' ? [event.spend.tokens] : [])),
      [tokens(60, 40, 20), tokens(50, 100, 30), tokens(0, 0, 10)],
    )
  })

  test('what was used before an older version’s record says nothing of it is not booked anew', () => {
    const before = start(ours, { costUsd: 0, inputTokens: 5000, outputTokens: 500 })
    const lines = [
      { id: 'turn', result: { turn: { id: 'turn-1' } } },
      usage(ours, 5100, 0, 520),
      usage(ours, 5200, 0, 540),
    ]
    assert.deepEqual(
      spent(lines, before).map((each) => each.tokens),
      [tokens(100, 0, 20)],
    )
  })
})
