import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { holdAfter, holdOf, learn, unheardOf, type AccountState } from '../../src/core/account.ts'
import { noUsage, type Outcome, type RunEvent } from '../../src/core/event.ts'
import type { RuntimeName } from '../../src/core/ids.ts'
import type { QuotaReading } from '../../src/core/quota.ts'
import { accountId, runId } from '../stores/cast.ts'

const [now, hour] = [1_790_000_000_000, 3_600_000]
const claude = 'claude' as RuntimeName
const nobody = unheardOf(claude, accountId('default'))

/** What is known after these, each by a run that was admitted at position 10; the first stands at 11. */
function after(events: readonly RunEvent[], before: AccountState = nobody, admitted = 10): AccountState {
  return events.reduce(
    (state, event, nth) => learn(state, { run: runId('r'), seq: 11 + nth, at: now, event }, admitted),
    before,
  )
}

function metered(request: QuotaReading['request'], window: string | null, resetsAt: number | null): RunEvent {
  const windows = window === null ? [] : [{ name: window, used: request === 'refused' ? 1 : 0.5, resetsAt }]
  return { type: 'metered', reading: { windows, request, window } }
}

function parked(window: string | null, until: number, model: string | null = null): RunEvent {
  return { type: 'parked', hold: { until, runtime: claude, window, model }, usage: noUsage }
}

function finished(outcome: Outcome): RunEvent {
  return { type: 'finished', outcome }
}

const done = finished({ kind: 'done', usage: noUsage })

describe('what an account knows', () => {
  test('a turn that was refused holds all of it back until the reset, and one that is served ends that', () => {
    const full = after([metered('refused', 'five_hour', now + hour), parked('five_hour', now + hour)])
    const hold = { until: now + hour, runtime: claude, window: 'five_hour', model: null }
    assert.deepEqual(holdOf(full, null, now), hold)
    assert.equal(holdOf(full, null, now + hour), null, 'the moment has come')
    assert.equal(holdOf(after([metered('served', 'five_hour', now + 5 * hour)], full), null, now), null)
    assert.equal(holdOf(after([metered('paid', 'five_hour', now + hour)], full), null, now), null)
  })

  test('what is told of one model holds only that one back', () => {
    const full = after([parked('seven_day_opus', now + hour, 'opus')])
    assert.equal(holdOf(full, 'claude-opus-4-8', now)?.model, 'opus')
    assert.equal(holdOf(full, 'sonnet', now), null)
    assert.equal(holdOf(full, null, now), null)
    const both = after([metered('served', 'five_hour', now + hour)], full)
    assert.equal(holdOf(both, 'opus', now)?.model, 'opus', 'another window says nothing of it')
  })

  test('a refusal that the turn survives holds nobody back: a sub-agent had it, or money served it (E6)', () => {
    const told = after([metered('refused', 'five_hour', now + hour), done])
    assert.equal(holdOf(told, null, now), null)
    assert.equal(told.windows[0]?.resetsAt, now + hour, 'its moment is known all the same')
  })

  test('a run that began after the refusal and went well ends it; one that had begun before does not', () => {
    const full = after([parked('five_hour', now + hour)])
    assert.notEqual(holdOf(after([done], full), null, now), null)
    assert.equal(holdOf(after([done], full, 12), null, now), null)
  })

  test('the moment that only the first refusal told serves those after it (E2)', () => {
    const told = after([metered('refused', 'five_hour', now + hour), parked('five_hour', now + hour)])
    const again = after([metered('served', 'five_hour', now + hour)], told)
    assert.equal(holdAfter(again, { window: 'five_hour', until: null }, now).until, now + hour)
    assert.equal(holdAfter(told, { window: null, until: null }, now).until, now + hour)
    assert.equal(holdAfter(told, { window: 'seven_day_opus', until: null }, now).model, 'opus')
  })

  test('where nobody says how long, it is tried after a quarter of an hour; a moment that has passed, after a minute', () => {
    assert.equal(holdAfter(nobody, { window: null, until: null }, now).until, now + hour / 4)
    assert.equal(holdAfter(nobody, { window: 'five_hour', until: now - hour }, now).until, now + 60_000)
    const longest = after([
      {
        type: 'metered',
        reading: {
          windows: [
            { name: 'five_hour', used: 1, resetsAt: now + hour },
            { name: 'seven_day', used: 1, resetsAt: now + 50 * hour },
            { name: 'seven_day_opus', used: 1, resetsAt: now + 90 * hour },
          ],
          request: null,
          window: null,
        },
      },
    ])
    assert.equal(holdAfter(longest, { window: null, until: null }, now).until, now + 50 * hour)
  })

  test('what is not told stays as it was; a window that began anew has nothing used until somebody says so', () => {
    const first = after([metered('served', 'five_hour', now + hour), metered('served', 'seven_day', now + 9 * hour)])
    assert.deepEqual(
      first.windows.map(({ name }) => name),
      ['five_hour', 'seven_day'],
    )
    const anew = { windows: [{ name: 'five_hour', used: null, resetsAt: now + 6 * hour }], request: null, window: null }
    const [five, seven] = after([{ type: 'metered', reading: anew }], first).windows
    assert.deepEqual(five, { name: 'five_hour', used: null, resetsAt: now + 6 * hour })
    assert.equal(seven?.used, 0.5)
  })

  test('that nothing is served at all is known until a later run is', () => {
    const trouble = { code: 'quota-ended', detail: 'Credits required' } as const
    const ended = after([finished({ kind: 'failed', trouble, usage: noUsage })])
    assert.equal(ended.ended?.detail, 'Credits required')
    assert.equal(holdOf(ended, null, now), null, 'it may be paid for at any moment')
    assert.equal(after([done], ended).ended?.detail, 'Credits required', 'that one had begun before')
    assert.equal(after([done], ended, 12).ended, null)
  })
})
