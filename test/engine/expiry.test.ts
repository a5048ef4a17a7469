import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Asked } from '../../src/core/desk.ts'
import type { RunId } from '../../src/core/ids.ts'
import type { ExpiryTools } from '../../src/engine/expiry.ts'
import { noTokens } from '../../src/core/spending.ts'
import { person, promptKey, scratchFolder, session } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000
const staleMs = 30 * minute
const ann = person('ann')
const here = session('one')

/** Ann in a session whose turns take that long. */
async function scene(turnMs: number, reserve = 0, away?: ExpiryTools['away']) {
  const folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9))
  const machine = new Machine(clock, () => turnMs)
  const caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
  const another = () =>
    live(folder.path, clock, machine, { caps, queueStaleMs: staleMs, reserve, ...(away === undefined ? {} : { away }) })
  const bot = await another()
  const scope = { kind: 'global' } as const
  await bot.store.vault.grants.set({ person: ann.id, scope, tier: 'member', by: ann.id, at: 1 })
  await bot.store.vault.addSession({ ...here, runtime: scriptedRuntime(machine).name })
  await bot.wakeUp()
  let key = 100
  async function ask(on: { readonly desk: typeof bot.desk } = bot, speaker = ann): Promise<RunId> {
    const text = 'go on'
    const asked: Asked = await on.desk.ask({
      key: promptKey(String(key++)),
      place: here.place,
      speaker,
      text,
      message: null,
    })
    assert.ok(asked.kind === 'accepted')
    return asked.run
  }
  const pass = (ms: number): Promise<void> => clock.goTo(clock.now() + ms)
  return { bot, clock, machine, another, ask, pass, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

suite('expiry', () => {
  test('each prompt expires when its own time is over, not before', async () => {
    await using story = await scene(120 * minute)
    const { bot, ask, pass } = story
    await ask()
    const second = await ask()
    await pass(10 * minute)
    const third = await ask()
    const last = async (run: RunId): Promise<string | undefined> =>
      (await bot.store.journal.read(run)).at(-1)?.event.type
    await pass(20 * minute - 1)
    assert.equal(await last(second), 'asked')
    await pass(2)
    assert.equal(await last(second), 'refused')
    assert.equal(await last(third), 'asked')
    await pass(10 * minute)
    assert.equal(await last(third), 'refused')
    assert.equal((await bot.store.journal.open()).length, 1, 'what is at work is not touched')
    await bot.die()
  })

  test('the time goes on while no bot is there', async () => {
    await using story = await scene(120 * minute)
    const { bot, ask, pass, another } = story
    await ask()
    const waits = await ask()
    await pass(20 * minute)
    await bot.die()
    await pass(5 * minute)
    const second = await another()
    await second.wakeUp()
    assert.equal((await second.store.journal.read(waits)).at(-1)?.event.type, 'asked')
    await second.die()
    await pass(6 * minute)
    const third = await another()
    await third.wakeUp()
    const told = (await third.store.journal.read(waits)).at(-1)?.event
    assert.ok(told?.type === 'refused')
    assert.deepEqual(told.refusal, { code: 'expired', waitedMs: 31 * minute })
    await third.die()
  })

  test('what Discord is away for is no time that somebody waited', async () => {
    const absences = { now: false, ms: 0 }
    await using story = await scene(120 * minute, 0, () => ({ ...absences }))
    const { bot, ask, pass } = story
    await ask()
    const waits = await ask()
    const types = async () => (await bot.store.journal.read(waits)).map(({ event }) => event.type)
    await pass(29 * minute)
    for (let away = 0; away < 60; away++) {
      Object.assign(absences, { now: true, ms: (away + 1) * minute })
      await pass(minute)
    }
    assert.deepEqual(await types(), ['asked'])
    absences.now = false
    await pass(2 * minute)
    assert.deepEqual(await types(), ['asked', 'refused'])
    await bot.die()
  })

  test('a run that was lost after a long time at work waits from then on, and begins again', async () => {
    await using story = await scene(60 * minute)
    const { bot, machine, ask, pass, another } = story
    const run = await ask()
    await pass(45 * minute)
    await bot.die()
    machine.works.clear()
    const second = await another()
    await second.wakeUp()
    await pass(1_000)
    const types = (await second.store.journal.read(run)).map(({ event }) => event.type)
    assert.deepEqual(types, ['asked', 'admitted', 'started', 'lost', 'admitted', 'started'])
    await pass(61 * minute)
    assert.deepEqual(await second.store.journal.open(), [])
    await second.die()
  })

  test('what is kept for others is no time that somebody waited, also where it ends while no bot is there', async () => {
    await using story = await scene(minute, 0.1)
    const { bot, clock, ask, pass, another } = story
    const bob = person('bob')
    const scope = { kind: 'global' } as const
    await bot.store.vault.grants.set({ person: bob.id, scope, tier: 'member', by: ann.id, at: 1 })
    const resetsAt = clock.now() + 300 * minute
    const works = async (who: typeof ann, used: number, output: number): Promise<void> => {
      const run = await ask(bot, who)
      await pass(1)
      const reading = { windows: [{ name: 'five_hour', used, resetsAt }], request: null, window: null } as const
      const spend = { model: 'm', tokens: { ...noTokens, output }, costUsd: null, estimated: false }
      await bot.store.journal.append(
        run,
        [
          { type: 'metered', reading },
          { type: 'used', spend },
        ],
        clock.now(),
      )
      await pass(2 * minute)
    }
    await works(ann, 0.5, 100_000)
    await works(bob, 0.97, 10)
    const run = await ask()
    // 3 % are left. A tenth of what is left of the window is kept for bob, so they are free for ann an hour and a half before its end.
    await pass(200 * minute)
    const types = async (life: typeof bot) => (await life.store.journal.read(run)).map(({ event }) => event.type)
    assert.deepEqual(await types(bot), ['asked'])
    await bot.die()
    await pass(15 * minute)
    const second = await another()
    await second.wakeUp()
    await pass(1000)
    assert.deepEqual(await types(second), ['asked', 'admitted', 'started'])
    await second.die()
  })
})
