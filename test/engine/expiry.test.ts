import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Asked } from '../../src/core/desk.ts'
import type { RunId } from '../../src/core/ids.ts'
import { person, promptKey, scratchFolder, session } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000
const staleMs = 30 * minute
const ann = person('ann')
const here = session('one')

/** Ann in a session whose turns take that long. */
async function scene(turnMs: number) {
  const folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9))
  const machine = new Machine(clock, () => turnMs)
  const caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
  const another = () => live(folder.path, clock, machine, { caps, queueStaleMs: staleMs })
  const bot = await another()
  const scope = { kind: 'global' } as const
  await bot.store.vault.grants.set({ person: ann.id, scope, tier: 'member', by: ann.id, at: 1 })
  await bot.store.vault.addSession({ ...here, runtime: scriptedRuntime(machine).name })
  await bot.wakeUp()
  let key = 100
  async function ask(on: { readonly desk: typeof bot.desk } = bot): Promise<RunId> {
    const text = 'go on'
    const asked: Asked = await on.desk.ask({
      key: promptKey(String(key++)),
      place: here.place,
      speaker: ann,
      text,
      message: null,
    })
    assert.ok(asked.kind === 'accepted')
    return asked.run
  }
  const pass = (ms: number): Promise<void> => clock.goTo(clock.now() + ms)
  return { bot, machine, another, ask, pass, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
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
})
