import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Approval } from '../../src/core/approval.ts'
import type { RunEvent } from '../../src/core/event.ts'
import { isLive, liveStates, newRun, step, type Run, type State } from '../../src/core/lifecycle.ts'
import type { ToolCall } from '../../src/core/tool-call.ts'
import { approvalId, events, prompt, session } from '../stores/cast.ts'
import { fc } from '../random.ts'

/** The lifecycle as the architecture document has it, cell by cell; an empty cell cannot happen. */
const table = `
| state    | asked   | reworded | refused | admitted | started | said     | acted    | used     | metered  | steered  | declined | called  | told    | revoked | wanted | answered | withdrawn | stopped  | lost    | forgotten | parked | finished | noticed  | held     | allowed  | promoted |
| new      | waiting |          | over    |          |         |          |          |          |          |          |          |         |         |         |        |          |           |          |         |           |        |          |          |          |          |          |
| waiting  |         | waiting  | over    | starting |         |          |          |          |          |          |          |         |         |         |        |          |           | over     |         |           |        |          |          |          | waiting  | waiting  |
| starting |         |          |         |          | running |          |          |          |          | starting | starting |         |         |         |        |          |           | stopping | waiting | waiting   |        | over     |          |          | starting |          |
| running  |         |          |         |          |         | running  | running  | running  | running  | running  | running  | running | running | running | asking |          |           | stopping | waiting | waiting   | parked | over     | running  | running  | running  |          |
| asking   |         |          |         |          |         | asking   | asking   | asking   | asking   | asking   | asking   | asking  | asking  | asking  | asking | running  | running   | stopping | waiting | waiting   | parked | over     | asking   | asking   | asking   |          |
| parked   |         |          | over    | starting |         |          |          |          |          |          |          |         |         |         |        |          |           | over     |         |           |        |          |          |          | parked   | parked   |
| stopping |         |          |         |          |         | stopping | stopping | stopping | stopping | stopping | stopping |         |         |         |        |          |           |          | over    | over      | over   | over     | stopping |          |          |          |
| over     |         |          |         |          |         |          |          |          |          |          |          |         |         |         |        |          |           |          |         |           |        |          |          |          |          |          |
`

const once = { calls: [], attempts: 1, parks: 0, goesOn: false, isHeld: false }

const asked: RunEvent = { type: 'asked', prompt: prompt('501', session('one')) }

const samples: Record<RunEvent['type'], RunEvent> = {
  asked,
  refused: events.refused,
  admitted: events.admitted,
  started: events.started,
  said: events.said('word'),
  acted: events.acted('t1', 'begun'),
  wanted: events.wanted('q9'),
  answered: events.answered('q1'),
  withdrawn: events.withdrawn('q1'),
  called: events.called('c9'),
  told: events.told('c1'),
  revoked: events.revoked('c1'),
  reworded: events.reworded,
  promoted: events.promoted,
  steered: events.steered,
  declined: events.declined,
  forgotten: events.forgotten,
  metered: events.metered,
  used: events.used,
  parked: events.parked,
  held: events.held,
  allowed: events.allowed,
  stopped: events.stopped,
  lost: events.lost,
  noticed: events.noticed,
  finished: events.done,
}

const anyEvent = fc.constantFrom<RunEvent>(
  ...Object.values(samples),
  events.wanted('q1'),
  events.wanted('q2'),
  events.answered('q2'),
  events.answered('q9'),
  events.withdrawn('q2'),
  events.called('c1'),
  events.told('c9'),
  events.failed,
)

suite('lifecycle', () => {
  const [head = [], ...rows] = table.trim().split('\n').map(cells)
  assert.equal(rows.length, 8)
  assert.equal(head.length - 1, Object.keys(samples).length)
  for (const [state = '', ...targets] of rows) {
    for (const [column, target] of targets.entries()) {
      const type = head[column + 1] as RunEvent['type']
      test(`${state}: ${type} ${target === '' ? 'cannot happen' : `leads to ${target}`}`, () => {
        const run: Run = {
          state: state as State,
          open: state === 'asking' ? [question('q1')] : [],
          ...once,
          calls: [call('c1')],
        }
        assert.equal(step(run, samples[type])?.state ?? '', target)
      })
    }
  }

  test('a new word needs a turn at work; that one was heard may still be said while it begins again or stops', () => {
    for (const state of liveStates) {
      const run: Run = { state, open: [], ...once }
      const isAtWork = state === 'running' || state === 'asking'
      assert.equal(step(run, { ...events.steered, heard: false }) !== null, isAtWork, state)
      assert.ok(step(run, { ...events.steered, heard: true }) !== null, state)
    }
  })

  test('with another question open, an answer leaves it asking', () => {
    const run: Run = { state: 'asking', open: [question('q1'), question('q2')], ...once }
    assert.deepEqual(step(run, events.answered('q1')), { ...run, open: [question('q2')] })
    assert.equal(step(run, events.answered('q3')), null, 'nobody asked that')
  })

  test('the same question again takes the place of the first', () => {
    const run: Run = { state: 'asking', open: [question('q1')], ...once }
    assert.equal(step(run, events.wanted('q1'))?.open.length, 1)
  })

  test('a call is answered once, or taken back; nobody answers what was not called, or is no longer at work', () => {
    const run: Run = { state: 'running', open: [], ...once, calls: [call('c1')] }
    const told = step(run, events.told('c1'))
    assert.deepEqual(told, { ...run, calls: [] })
    assert.equal(told && step(told, events.told('c1')), null, 'a second answer')
    assert.equal(step(run, events.told('c2')), null)
    assert.equal(step(run, events.called('c1')), null, 'the same line, read again')
    assert.deepEqual(step(run, events.stopped)?.calls, [])
    assert.deepEqual(step(run, events.lost)?.calls, [])
  })

  test('live are the states in which a run has its session for itself', () => {
    const states = rows.map(([state]) => state as State)
    assert.deepEqual(states.filter(isLive), ['starting', 'running', 'asking', 'stopping'])
    assert.deepEqual(states.filter(isLive), liveStates)
  })

  test('whatever is tried: it ends once and for good, and asks exactly while a question is open', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (tried) => {
        let run = newRun
        let ends = 0
        let admissions = 0
        let parks = 0
        let goesOn = false
        const open = new Set<string>()
        for (const event of [asked, ...tried]) {
          const next = step(run, event)
          assert.ok(run.state !== 'over' || next === null, 'nothing happens after the end')
          if (next === null) continue
          if (event.type === 'admitted') admissions++
          if (event.type === 'parked') parks++
          if (event.type === 'parked') goesOn = true
          if (event.type === 'lost' || event.type === 'forgotten') goesOn = false
          if (event.type === 'wanted') open.add(event.approval.id)
          if (event.type === 'answered' || event.type === 'withdrawn') open.delete(event.approval)
          if (!isLive(next.state) || next.state === 'stopping') open.clear()
          if (next.state === 'over') ends++
          run = next
          assert.equal(run.state === 'asking', run.open.length > 0)
          assert.deepEqual(new Set(run.open.map((each) => each.id)), open)
          assert.equal(run.attempts, admissions)
          assert.equal(run.parks, parks)
          assert.equal(run.goesOn, goesOn)
          assert.notEqual(run.state, 'new')
        }
        assert.equal(ends, run.state === 'over' ? 1 : 0)
      }),
      { numRuns: 500 },
    )
  })

  test('from every state there is a way to the end', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), (tried) => {
        let run = [asked, ...tried].reduce<Run>((before, event) => step(before, event) ?? before, newRun)
        for (const event of [events.refused, events.done]) run = step(run, event) ?? run
        assert.equal(run.state, 'over')
      }),
    )
  })
})

function cells(row: string): string[] {
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function question(id: string): Approval {
  const event = events.wanted(id)
  assert.ok(event.type === 'wanted')
  return { ...event.approval, id: approvalId(id) }
}

function call(id: string): ToolCall {
  const event = events.called(id)
  assert.ok(event.type === 'called')
  return event.call
}
