import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Decision } from '../../../src/core/approval.ts'
import type { RunEvent } from '../../../src/core/event.ts'
import type { ApprovalId } from '../../../src/core/ids.ts'
import type { Turn } from '../../../src/core/runtime.ts'
import { codex } from '../../../src/runtimes/codex/codex.ts'
import type { CodexState } from '../../../src/runtimes/codex/meaning.ts'
import type { Means } from '../../../src/runtimes/engine/kind.ts'
import { readTurn } from './turns.ts'

/** Lines of the real CLI 0.169.0, whose helpers work on when their agent has ended its turn. */
const reply = (id: string, result: object) => JSON.stringify({ id, result })
const notice = (method: string, params: object) => JSON.stringify({ method, params })
const opened = [reply('open', { thread: { id: 'ours' } }), reply('turn', { turn: { id: 't' } })]
const at = { threadId: 'ours', turnId: 't' }

const activity = (kind: string, agentThreadId: string, where: object = at): string =>
  notice('item/started', {
    ...where,
    item: { type: 'subAgentActivity', id: `${kind}-${agentThreadId}`, kind, agentThreadId },
  })
const begins = (threadId: string, id: string, rootTurnId = 't'): string =>
  notice('turn/started', { threadId, turn: { id, rootTurnId, status: 'inProgress' } })
const ends = (threadId: string, id: string, status = 'completed'): string =>
  notice('turn/completed', { threadId, turn: { id, status } })
const shell = (method: string, where: object): string =>
  notice(method, { ...where, item: { type: 'commandExecution', id: 'call_1', command: 'ls', status: 'completed' } })

const protocol = codex({ dataDir: '/d', tools: () => [], boxing: null } as unknown as Means)

function over(events: readonly RunEvent[]): string | null {
  const last = events.find((event) => event.type === 'finished')
  return last?.outcome.kind ?? null
}

function asked(state: CodexState, how: 'stop' | 'pause'): readonly string[] {
  const lines = protocol[how]({} as Turn, state)?.lines ?? []
  return lines.map((line) => {
    const { method, params } = JSON.parse(line) as { method: string; params: { threadId: string; turnId?: string } }
    return [method.split('/').at(-1), params.threadId, params.turnId].filter((each) => each !== undefined).join(' ')
  })
}

suite('helpers of a Codex agent', () => {
  test('a turn is over when its agent and all helpers are done, in whatever order they begin and end', () => {
    const late = readTurn([...opened, activity('started', 'child'), ends('ours', 't')])
    assert.equal(over(late.events), null, 'it was hired, and has not begun')
    const atWork = readTurn(
      [begins('child', 'c'), shell('item/started', { threadId: 'child', turnId: 'c' })],
      late.state,
    )
    assert.deepEqual(
      atWork.events.map((event) => event.type === 'acted' && `${event.action.title} ${event.phase}`),
      ['ls begun'],
      'what it does is seen',
    )
    const below = readTurn([begins('grandchild', 'g'), ends('child', 'c')], atWork.state)
    assert.equal(over(below.events), null, 'one that a helper has hired')
    assert.equal(over(readTurn([ends('grandchild', 'g')], below.state).events), 'done')

    const early = [...opened, activity('started', 'child'), begins('child', 'c'), ends('child', 'c'), ends('ours', 't')]
    assert.equal(over(readTurn(early).events), 'done')
    const again = readTurn([...opened, begins('child', 'd'), ends('ours', 't')])
    assert.equal(over(again.events), null, 'a helper of an earlier turn that was given more to do')
    for (const gone of [
      activity('completed', 'child'),
      activity('interrupted', 'child'),
      notice('thread/closed', { threadId: 'child' }),
    ])
      assert.equal(over(readTurn([gone], late.state).events), 'done', gone)
    const spawned = { type: 'collabAgentToolCall', id: 's', tool: 'spawnAgent', receiverThreadIds: ['child'] }
    const older = readTurn([...opened, notice('item/completed', { ...at, item: spawned }), ends('ours', 't')])
    assert.deepEqual([over(older.events), older.state.helpers.get('child')], [null, ''])
  })

  test('others on the same server are none of its helpers', () => {
    const { events } = readTurn([...opened, begins('theirs', 'x', 'u'), ends('ours', 't')])
    assert.equal(over(events), 'done')
  })

  test('who stops the turn stops them, which is a stop also when the agent itself was done', () => {
    const { state } = readTurn([
      ...opened,
      begins('child', 'c'),
      begins('other', 'o'),
      ends('other', 'o'),
      ends('ours', 't'),
    ])
    assert.deepEqual(asked(state, 'stop'), ['interrupt child c', 'clean child', 'interrupt ours t', 'clean ours'])
    assert.deepEqual(asked(state, 'pause'), ['interrupt child c', 'interrupt ours t'])
    assert.equal(over(readTurn([ends('child', 'c', 'interrupted')], state).events), 'stopped')
  })

  test('a question of a helper is asked like one of its agent, and the reason of a no goes to whoever asked', () => {
    const question = JSON.stringify({
      id: 4,
      method: 'item/commandExecution/requestApproval',
      params: { threadId: 'child', turnId: 'c', itemId: 'call_1', command: 'ls', cwd: '/room/project' },
    })
    const { state, events } = readTurn([...opened, begins('child', 'c'), ends('ours', 't'), question])
    const wanted = events.flatMap((event) => (event.type === 'wanted' ? [event.approval] : []))
    assert.deepEqual(
      wanted.map(({ id, action }) => [id, action.title]),
      [['t:4', 'ls']],
    )
    const no: Decision = { verdict: 'deny', reason: 'not today' }
    const lines = protocol.answer(state, 't:4' as ApprovalId, no) as readonly string[]
    assert.equal(lines.length, 2)
    assert.match(lines[0] ?? '', /"threadId":"child"/)
    const taken = notice('serverRequest/resolved', { threadId: 'child', requestId: 4 })
    assert.deepEqual([...readTurn([taken], state).state.open], [])
    const strange = JSON.stringify({ id: 5, method: 'item/strange', params: { threadId: 'child' } })
    assert.match(readTurn([strange], state).state.owed.get('5') ?? '', /does not answer/)
  })
})
