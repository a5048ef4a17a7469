import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { usualTimings } from '../../src/core/timings.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { Trouble } from '../../src/core/failure.ts'
import type { RuntimeName } from '../../src/core/ids.ts'
import type { Hold } from '../../src/core/quota.ts'
import type { Turn } from '../../src/core/runtime.ts'
import { attemptLimit, insteadOf, type Attempt } from '../../src/engine/second-tries.ts'
import { hurriedClock, prompt, quietLog, runId, session } from '../stores/cast.ts'

const here = session('shop')
const budget: Hold = { until: 5000, runtime: 'echo' as RuntimeName, window: null, model: null }
const stopped: RunEvent = { type: 'finished', outcome: { kind: 'stopped', usage: noUsage } }
const failed = (trouble: Trouble): RunEvent => ({
  type: 'finished',
  outcome: { kind: 'failed', trouble, usage: noUsage },
})
const refused = failed({ code: 'auth-failed', detail: '' })
const busy = failed({ code: 'service-busy', detail: '', why: 'overloaded' })
const gone = failed({ code: 'conversation-gone', detail: '' })
const full = failed({ code: 'quota-full', detail: '', window: null, until: null })
const done: RunEvent = { type: 'finished', outcome: { kind: 'done', usage: noUsage } }
const lost: RunEvent = { type: 'lost', detail: '' }

/** The type of what is written in the place of that event. */
async function instead(
  event: RunEvent,
  { attempt = 1, parks = 0, canRenew = true, ...more }: Partial<Attempt & Turn & { readonly canRenew: boolean }> = {},
): Promise<RunEvent['type']> {
  const signature = { author: { name: 'ann', email: 'ann@example.org' }, coAuthors: [], origins: [], barred: null }
  const rest = { goesOn: false, files: [], handOver: null, signature }
  const turn: Turn = { run: runId('r'), attempt, parks, prompt: prompt('501', here), session: here, ...rest }
  const before = { isStopped: false, isForgotten: false, isRefused: false, held: null }
  const of = { runtime: here.runtime, account: here.account, windows: [], rests: [], paid: false, heardAt: 0 }
  const tools = {
    vault: { accounts: { of: () => Promise.resolve(of as never) } },
    clock: hurriedClock,
    log: quietLog,
    signal: new AbortController().signal,
    timings: usualTimings,
    logins: { failed: () => canRenew, served: () => {} },
  }
  return (await insteadOf(event, { turn, ...before, ...more }, tools)).type
}

suite('what is written in the place of an end', () => {
  test('whatever a run could wait for, it is over when somebody has stopped it', async () => {
    for (const event of [stopped, refused, busy, gone, full]) {
      assert.equal(await instead(event, { isStopped: true }), 'finished')
      assert.equal(await instead(event, { isStopped: true, held: budget }), 'finished')
    }
    assert.equal(await instead(lost, { isStopped: true, held: budget }), 'lost')
  })

  test('the control: nobody has, and it waits or is tried anew', async () => {
    for (const event of [refused, busy, full]) assert.equal(await instead(event), 'parked')
    for (const event of [stopped, lost]) assert.equal(await instead(event, { held: budget }), 'parked')
    assert.equal(await instead(gone), 'forgotten')
    assert.deepEqual(
      [await instead(stopped), await instead(lost), await instead(done)],
      ['finished', 'lost', 'finished'],
    )
  })

  test('each once, or as often as it is worth', async () => {
    assert.equal(await instead(refused, { isRefused: true }), 'finished')
    assert.equal(await instead(refused, { canRenew: false }), 'finished')
    assert.equal(await instead(gone, { isForgotten: true }), 'finished')
    const pauses = usualTimings.rideOutMs.length
    assert.equal(await instead(busy, { parks: pauses - 1 }), 'parked')
    assert.equal(await instead(busy, { parks: pauses }), 'finished')
    assert.equal(await instead(lost, { attempt: attemptLimit - 1 }), 'lost')
    assert.equal(await instead(lost, { attempt: attemptLimit }), 'finished')
    assert.equal(await instead(lost, { attempt: attemptLimit, parks: 1 }), 'lost', 'a park is no loss')
  })
})
