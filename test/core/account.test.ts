import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { configured, holdAfter, holdOf, learn, restsAt, unheardOf, type AccountState } from '../../src/core/account.ts'
import { noUsage, type Outcome, type RunEvent } from '../../src/core/event.ts'
import type { RuntimeName } from '../../src/core/ids.ts'
import { waitsForService, type QuotaReading } from '../../src/core/quota.ts'
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

  test('a limit beside the account’s own, of one model, holds only that one back', () => {
    const refusal = { window: 'codex_other:five_hour', until: now + hour, model: 'GPT-5.5' }
    const hold = holdAfter(nobody, refusal, now)
    assert.deepEqual([hold.model, hold.until], ['gpt-5.5', now + hour])
    const full = after([{ type: 'parked', hold, usage: noUsage }])
    assert.equal(holdOf(full, 'gpt-5.5', now)?.window, 'codex_other:five_hour')
    assert.equal(holdOf(full, 'gpt-5-mini', now), null)
    const windows = [{ name: 'codex_other:five_hour', used: 1, resetsAt: now + hour }]
    const told = after([{ type: 'metered', reading: { windows, request: null, window: null } }])
    assert.equal(
      holdAfter(told, { window: null, until: null }, now).until,
      now + hour / 4,
      'it says nothing of the rest',
    )
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

  test('a clock that jumps, and moments that make no sense, keep nobody longer than any window lasts', () => {
    const year = 365 * 24 * hour
    // Told in milliseconds where seconds were meant, or by a service whose clock is another.
    const mad = after([metered('refused', 'five_hour', now + 40 * year)])
    assert.equal(holdAfter(mad, { window: 'five_hour', until: now + 40 * year }, now).until, now + 60_000)
    assert.equal(holdAfter(mad, { window: 'five_hour', until: null }, now).until, now + hour / 4)
    const month = now + 31 * 24 * hour
    assert.equal(holdAfter(nobody, { window: 'overage', until: month }, now).until, month, 'paid use is by the month')
    const full = after([parked('five_hour', now + hour)])
    assert.equal(holdOf(full, null, now - 9 * hour)?.until, now + hour, 'set back: what the service said stands')
    assert.equal(holdOf(full, null, now + year), null, 'set forward: it is tried')
    assert.equal(holdAfter(full, { window: null, until: null }, now - year).until, now - year + hour / 4)
  })

  test('a clock that was ahead and is set right keeps nobody until then: what was guessed by it, or lasts too long, is tried', () => {
    const [day, minute] = [24 * hour, 60_000]
    const guess = holdAfter(nobody, { window: null, until: null }, now)
    assert.equal(guess.guessed, true)
    const guessed = after([{ type: 'parked', hold: guess, usage: noUsage }])
    assert.equal(holdOf(guessed, null, now)?.until, now + hour / 4)
    assert.equal(holdOf(guessed, null, now - 2 * hour), null)
    // The same moment serves a run that is refused behind it, as the guess that it is.
    const again = holdAfter(guessed, { window: null, until: null }, now + minute)
    assert.deepEqual([again.until, again.guessed], [guess.until, true])
    const told = after([parked('five_hour', now + hour)])
    assert.equal(holdOf(told, null, now - 40 * day), null)
    assert.deepEqual(restsAt(told, now - 40 * day), [])
    const service = { ...guess, until: now + 10 * minute, service: 'overloaded' } as const
    const waits = [now, now - 30 * minute, now - 2 * hour, now + 10 * minute].map((at) => waitsForService(service, at))
    assert.deepEqual(waits, [true, true, false, false])
  })

  test('a window that is never told leaves the others as they are, and one that is used less is believed', () => {
    const used = (share: number | null): RunEvent => ({
      type: 'metered',
      reading: {
        windows: [{ name: 'five_hour', used: share, resetsAt: now + hour }],
        request: 'served',
        window: 'five_hour',
      },
    })
    const state = after([metered('served', 'seven_day', now + 9 * hour), used(0.9), used(0.4)])
    assert.deepEqual(
      state.windows.map(({ name, used: share }) => [name, share]),
      [
        ['seven_day', 0.5],
        ['five_hour', 0.4],
      ],
    )
    assert.equal(after([used(null)], state).windows[1]?.used, 0.4, 'not told again')
    const silent = after([{ type: 'metered', reading: { windows: [], request: 'served', window: null } }])
    assert.deepEqual([silent.windows, holdOf(silent, null, now)], [[], null])
  })

  test('a service that names ever new windows is believed the last of them', () => {
    const named = Array.from({ length: 40 }, (_, nth) => metered('served', `window-${nth}`, now + hour))
    const { windows } = after(named)
    assert.deepEqual([windows.length, windows.at(-1)?.name], [12, 'window-39'])
  })

  test('what is known of an account that is configured no more is shown to nobody', () => {
    const team = { ...nobody, account: accountId('team') }
    const echo = { ...nobody, runtime: 'echo' as RuntimeName }
    const slot = { runtime: claude, account: accountId('default'), shared: false }
    assert.deepEqual(configured([nobody, team, echo], [slot]), [nobody, echo])
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
