import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RunEvent } from '../../../src/core/event.ts'
import type { ToolCallId } from '../../../src/core/ids.ts'
import { codex } from '../../../src/runtimes/codex/codex.ts'
import { beginning, type CodexState } from '../../../src/runtimes/codex/meaning.ts'
import type { Means } from '../../../src/runtimes/engine/kind.ts'
import { readTurn, start } from './turns.ts'

/** Lines as facts/agent-tools.md saw them. */
const reply = (id: string, result: object) => JSON.stringify({ id, result })
const notice = (method: string, params: object) => JSON.stringify({ method, params })
const opened = [reply('open', { thread: { id: 'ours' } }), reply('turn', { turn: { id: 't' } })]
const at = { threadId: 'ours', turnId: 't' }

function request(id: number, call: string, where: object = at): string {
  const params = { ...where, callId: call, tool: 'delegate', arguments: { to: 'b', and: 1 } }
  return JSON.stringify({ method: 'item/tool/call', id, params })
}

function over(id: string, contentItems: readonly object[], where: object = at): string {
  const item = { type: 'dynamicToolCall', id, tool: 'delegate', status: 'completed', contentItems }
  return notice('item/completed', { ...where, item })
}

const said = [{ type: 'inputText', text: 'Asked.' }]
const helper = notice('item/started', {
  ...at,
  item: { type: 'subAgentActivity', id: 'h', kind: 'started', agentThreadId: 'child' },
})

function calls(events: readonly RunEvent[]): readonly (readonly [string, string])[] {
  return events.flatMap((event): (readonly [string, string])[] =>
    event.type === 'called' ? [['called', event.call.id]] : event.type === 'revoked' ? [['revoked', event.call]] : [],
  )
}

/** The tools are the same for everybody; nothing else of the protocol is asked here. */
const protocol = codex({ dataDir: '/d', tools: () => [], boxing: null } as unknown as Means)

function told(state: CodexState, call: string): unknown {
  const answer = protocol.tell(state, call as ToolCallId, 'Asked.', false)
  return Array.isArray(answer) ? (JSON.parse(answer[0] as string) as unknown) : answer
}

suite('our tools in the words of Codex', () => {
  test('a call is told once, by conversation and call: the server counts its requests anew, and tells it twice', () => {
    const { state, events } = readTurn([...opened, request(0, 'call_a'), request(0, 'call_a'), request(1, 'call_b')])
    assert.deepEqual(calls(events), [
      ['called', 'ours:call_a'],
      ['called', 'ours:call_b'],
    ])
    assert.deepEqual(told(state, 'ours:call_b'), {
      id: 1,
      result: { contentItems: [{ type: 'inputText', text: 'Asked.' }], success: true },
    })
    const again = readTurn([request(0, 'call_b')], state)
    assert.deepEqual(calls(again.events), [])
    assert.deepEqual((told(again.state, 'ours:call_b') as { id: number }).id, 0, 'the id that it came with last')
  })

  test('an answer that was taken is over, and one that comes late or twice goes nowhere', () => {
    const { state } = readTurn([...opened, request(0, 'call_a')])
    const taken = readTurn([over('call_a', said)], state)
    assert.deepEqual([calls(taken.events), taken.state.settled], [[], ['ours:call_a']])
    assert.equal(told(taken.state, 'ours:call_a'), null)
    const dropped = readTurn([over('call_a', [])], state)
    assert.deepEqual([calls(dropped.events), dropped.state.settled], [[['revoked', 'ours:call_a']], []])
    assert.equal(told(dropped.state, 'ours:call_a'), null)
    assert.deepEqual(calls(readTurn([over('call_a', [])], taken.state).events), [], 'cancelled after it was answered')
  })

  test('what a helper of the agent calls is called for the turn; another conversation and another turn are not', () => {
    const child = { threadId: 'child', turnId: 'c' }
    const before = readTurn([...opened, request(0, 'call_a', child)])
    assert.deepEqual(calls(before.events), [], 'nobody knows it yet')
    const { state, events } = readTurn([helper, request(1, 'call_a', child)], before.state)
    assert.deepEqual(calls(events), [['called', 'child:call_a']])
    assert.deepEqual(told(state, 'child:call_a'), {
      id: 1,
      result: { contentItems: [{ type: 'inputText', text: 'Asked.' }], success: true },
    })
    assert.deepEqual(readTurn([over('call_a', said, child)], state).state.settled, ['child:call_a'])
    const others = [
      request(2, 'call_x', { threadId: 'theirs', turnId: 't' }),
      request(3, 'call_y', { ...at, turnId: 'u' }),
    ]
    assert.deepEqual(calls(readTurn(others, state).events), [])
  })
})

suite('our tools beside a Codex conversation that was born without them', () => {
  const beside = (folder: string | null = '/told'): CodexState =>
    beginning({ ...start().from, beside: folder }, null, null, null)
  const begun = (id: string, where: object = at, server = 'omc'): string => {
    const item = { type: 'mcpToolCall', id, server, tool: 'delegate', status: 'inProgress', arguments: { to: 'b' } }
    return notice('item/started', { ...where, item })
  }
  const ended = (id: string, content: readonly object[] | null): string => {
    const result = content === null ? null : { content, structuredContent: null }
    const item = { type: 'mcpToolCall', id, server: 'omc', tool: 'delegate', status: 'completed', result }
    return notice('item/completed', { ...at, item })
  }

  test('a call is read in the conversation, and its answer is a file', () => {
    const { state, events } = readTurn([...opened, begun('call_a'), begun('call_a')], beside())
    assert.deepEqual(calls(events), [['called', 'ours:call_a']])
    assert.deepEqual(told(state, 'ours:call_a'), {
      folder: '/told',
      call: 'ours:call_a',
      text: 'Asked.',
      failed: false,
    })
    const taken = readTurn([ended('call_a', [{ type: 'text', text: 'Asked.' }])], state)
    assert.deepEqual([taken.state.settled, told(taken.state, 'ours:call_a')], [['ours:call_a'], null])
    assert.deepEqual(calls(readTurn([ended('call_a', null)], state).events), [['revoked', 'ours:call_a']])
  })

  test('a helper’s call is the turn’s; a server of the same name where none is ours, and any other, is no tool of ours', () => {
    const child = { threadId: 'child', turnId: 'c' }
    assert.deepEqual(calls(readTurn([...opened, helper, begun('call_a', child)], beside()).events), [
      ['called', 'child:call_a'],
    ])
    for (const [folder, server] of [
      [null, 'omc'],
      ['/told', 'evil'],
    ] as const)
      assert.deepEqual(calls(readTurn([...opened, begun('call_a', at, server)], beside(folder)).events), [])
  })
})
