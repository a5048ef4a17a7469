import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { never, type BudgetHold } from '../../src/core/budget.ts'
import type { Press } from '../../src/core/button.ts'
import type { Effect } from '../../src/core/effect.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { BudgetId } from '../../src/core/ids.ts'
import { budgets } from '../../src/features/budgets/budgets.ts'
import { en } from '../../src/features/budgets/words.ts'
import { BudgetWatch, type BudgetDoors } from '../../src/features/budgets/watch.ts'
import { noTokens } from '../../src/core/spending.ts'
import { openStore } from '../../src/stores/open.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { events, person, prompt, quietLog, realClock, runId, scratchFolder, session, thread } from '../stores/cast.ts'

/** A run that has used up its budget, and people who are asked about it. */
async function asked() {
  const folder = await scratchFolder()
  const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  const { vault, journal } = store
  const [here, run] = [session('one'), runId('r1')]
  await vault.addSession(here)
  await journal.ask(run, prompt('501', here), 1, () => null)
  await journal.claim(() => [run], 1)
  const [id, period, unit] = ['B1' as BudgetId, 'r1', 'tokens'] as const
  const budget: BudgetHold = { id, scope: { kind: 'everyone' }, span: 'run', period, unit, limit: 1000, spent: 1800 }
  const hold = { until: never, runtime: here.runtime, window: null, model: null, budget }
  const parked: RunEvent = { type: 'parked', hold, usage: noUsage }
  await journal.append(run, [events.started, parked], 1)
  await vault.letters.keep([{ kind: 'budget-ask', ask: { token: 'token', run, hold: budget, isOpen: true } }])
  const allowed = { allowed: true } as const
  const doors = {
    vault,
    journal,
    gate: { sees: async () => true, judge: async () => allowed, judgeNow: async () => allowed },
    clock: realClock,
    log: quietLog,
    keep: (effects: readonly Effect[]) => vault.letters.keep(effects),
    checkpoint: () => {},
    admitAgain: () => {},
    audit: async () => {},
    // Nobody looks whether somebody else has to be asked.
    signal: AbortSignal.abort(),
  } as unknown as BudgetDoors
  const { buttons } = budgets(doors)
  const press = (name: string, text = ''): Press =>
    ({ person: person(name), place: here.place, argument: 'token', text, memo: undefined }) as unknown as Press
  return {
    press: async (verb: 'once' | 'raise' | 'stop', name: string, text?: string) => {
      const reply = await buttons.get(verb)?.act(press(name, text))
      assert.ok(reply !== undefined)
      return JSON.stringify(reply)
    },
    decided: async () =>
      (await journal.read(run))
        .map(({ event }) => event)
        .flatMap((event) =>
          event.type === 'stopped' || event.type === 'allowed' ? [`${event.type} by ${event.by}`] : [],
        ),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('of two owners who answer at once one has decided, and the other is told so', async () => {
  for (const [first, second] of [
    ['once', 'stop'],
    ['stop', 'once'],
    ['raise', 'stop'],
    ['stop', 'stop'],
    ['raise', 'raise'],
  ] as const) {
    await using question = await asked()
    const replies = await Promise.all([
      question.press(first, 'ann', '5k tokens'),
      question.press(second, 'ben', '9k tokens'),
    ])
    const told = await question.decided()
    assert.equal(told.length, 1, `${first} and ${second}: ${told.join()}`)
    assert.equal(replies.filter((reply) => reply.includes(en.over.slice(0, 20))).length, 1, replies.join())
    const [winner] = replies.filter((reply) => !reply.includes(en.over.slice(0, 20)))
    assert.ok(winner?.includes(told[0]?.endsWith('ann') ? '@ann' : '@ben'), `${winner} · ${told.join()}`)
  }
})

test('the same answer twice, because its first answer was not heard, is the same answer', async () => {
  for (const verb of ['once', 'stop', 'raise'] as const) {
    await using question = await asked()
    const first = await question.press(verb, 'ann', '5k tokens')
    assert.equal(await question.press(verb, 'ann', '5k tokens'), first)
    assert.equal((await question.decided()).length, 1)
  }
})

test('about a run that comes first again people are asked again: what was closed was about another one', async () => {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 9))
  await using store = await openStore({ folder: folder.path, clock, log: quietLog })
  const { vault, journal } = store
  const [long, next] = [runId('long'), runId('next')]
  for (const [nth, run] of [long, next].entries()) {
    const own = session(run, thread(String(200 + nth)))
    await vault.addSession(own)
    await journal.ask(run, prompt(String(501 + nth), own), clock.now(), () => null)
  }
  const limit = { unit: 'tokens', count: 1000 } as const
  await vault.budgets.set({ scope: { kind: 'everyone' }, span: 'day', limit, by: 'ann', at: clock.now() })
  await journal.claim(() => [long], clock.now())
  const tokens = { ...noTokens, output: 1200 }
  const used: RunEvent = { type: 'used', spend: { model: 'm', tokens, costUsd: null, estimated: false } }
  await journal.append(long, [events.started, used], clock.now())
  const over = new AbortController()
  const watch = new BudgetWatch({
    vault,
    journal,
    clock,
    log: quietLog,
    signal: over.signal,
    hear: () => ({ [Symbol.dispose]() {} }),
    keep: (effects: readonly Effect[]) => vault.letters.keep(effects),
    checkpoint: () => {},
  } as unknown as BudgetDoors)
  const asked = async (): Promise<readonly string[]> => {
    watch.look()
    await clock.goTo(clock.now() + 1000)
    for (let turn = 0; turn < 200; turn++) await nextTurn()
    return (await vault.budgets.asks()).map(({ run }) => run)
  }
  watch.start()
  assert.deepEqual(await asked(), ['next'], 'the one at work has not come to its next step')
  const hold = (await journal.board(clock.now())).waiting[0]?.hold
  assert.ok(hold !== null && hold !== undefined)
  await journal.append(long, [{ type: 'parked', hold, usage: noUsage }], clock.now())
  assert.deepEqual(await asked(), ['long'], 'that one comes first')
  const allowed: RunEvent = { type: 'allowed', budget: 'B1' as BudgetId, by: 'ann', raisedTo: null }
  await journal.append(long, [allowed], clock.now())
  await journal.claim(() => [long], clock.now())
  assert.deepEqual(await asked(), ['next'])
  over.abort()
})
