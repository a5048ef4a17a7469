import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import { Moving } from '../../src/features/accounts/moving.ts'
import { openStore } from '../../src/stores/open.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { accountId, events, prompt, quietLog, runId, scratchFolder, session, thread } from '../stores/cast.ts'

const [begin, hour] = [Date.UTC(2026, 10, 23, 9), 3_600_000]

/** Two sessions, each parked on an account of its own, both of which rest. */
async function twoParked(until: { readonly usual: number; readonly team: number }) {
  const folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const store = await openStore({ folder: folder.path, clock, log: quietLog })
  const { vault, journal } = store
  const sessions = { usual: session('one', thread('200')), team: session('two', thread('201')) }
  for (const [nth, name] of (['usual', 'team'] as const).entries()) {
    const own = { ...sessions[name], account: accountId(name) }
    await vault.addSession(own)
    await journal.ask(runId(name), prompt(String(501 + nth), own), begin, () => null)
    await journal.claim(() => [runId(name)], begin)
    const hold = { until: until[name], runtime: own.runtime, window: 'five_hour', model: null }
    const parked: RunEvent = { type: 'parked', hold, usage: noUsage }
    await journal.append(runId(name), [events.started, parked], begin)
  }
  const { runtime } = sessions.usual
  const accounts = (['usual', 'team'] as const).map((name) => ({ runtime, account: accountId(name), shared: true }))
  const over = new AbortController()
  let admitted = 0
  const moving = new Moving({
    vault,
    journal,
    clock,
    accounts,
    log: quietLog,
    signal: over.signal,
    hear: () => ({ [Symbol.dispose]() {} }),
    keep: (effects) => vault.letters.keep(effects),
    admitAgain: () => void admitted++,
  })
  moving.start()
  return {
    clock,
    vault,
    moving,
    runtime,
    /** Which account the first session has, when all that was to be done for it is done. */
    async accountNow(): Promise<string | undefined> {
      for (let turn = 0; turn < 20; turn++) await nextTurn()
      return (await vault.session(sessions.usual.id))?.account
    },
    get admitted() {
      return admitted
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await store[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('what waits for one account goes on with another as soon as that one serves, though nothing else happens', async () => {
  await using both = await twoParked({ usual: begin + 4 * hour, team: begin + hour })
  assert.equal(await both.accountNow(), 'usual')
  await both.clock.goTo(begin + hour - 1)
  assert.deepEqual([await both.accountNow(), both.admitted], ['usual', 0])
  await both.clock.goTo(begin + hour + 1)
  assert.deepEqual([await both.accountNow(), both.admitted], ['team', 1])
})
