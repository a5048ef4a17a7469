import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Caps } from '../../src/core/admission.ts'
import type { Wake } from '../../src/core/journal.ts'
import { viewOf } from '../../src/core/view.ts'
import { events, person, prompt, promptKey, runId, scratchFolder, session } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const caps: Caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
const ann = person('ann')
const lost: Wake = { subscribe: () => ({ [Symbol.dispose]() {} }) }

async function opened(options: { readonly wake?: Wake } = {}) {
  const folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9))
  const machine = new Machine(clock, () => 60_000)
  const another = () => live(folder.path, clock, machine, { caps, queueStaleMs: 1_800_000, ...options })
  const bot = await another()
  const here = session('one', undefined, { runtime: scriptedRuntime(machine).name })
  await bot.store.vault.addSession(here)
  const grant = { person: ann.id, scope: { kind: 'global' }, tier: 'owner', by: ann.id, at: 1 } as const
  await bot.store.vault.grants.set(grant)
  return { bot, clock, machine, here, another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

suite('worker', () => {
  test('stopped between its admission and its beginning, nothing is started', async () => {
    await using ground = await opened()
    const { bot, machine, here, clock } = ground
    await bot.wakeUp()
    const { journal } = bot.store
    const run = runId('r1')
    // In one commit, so that nobody has heard of the admission when it is stopped.
    await Promise.all([
      journal.ask(run, prompt('501', here), clock.now(), () => null),
      journal.claim(() => [run], clock.now()),
      journal.append(run, [events.stopped], clock.now()),
    ])
    await clock.goTo(clock.now() + 1_000)
    const view = viewOf(await journal.read(run))
    assert.equal(view?.run.state, 'over')
    assert.equal(view?.outcome?.kind, 'stopped')
    assert.equal(machine.begun.size, 0)
    await bot.die()
  })

  test('an admission that is told twice is begun once', async () => {
    await using ground = await opened()
    const { bot, machine, here, clock } = ground
    const { journal } = bot.store
    // As after a death between the admission and its beginning: recovery finds what the bus might tell, too.
    const run = runId('r1')
    await journal.ask(run, prompt('501', here), clock.now(), () => null)
    await journal.claim(() => [run], clock.now())
    await bot.wakeUp()
    await clock.goTo(clock.now() + 120_000)
    assert.equal(machine.begun.get(run), 1)
    assert.deepEqual(await journal.open(), [])
    await bot.die()
  })

  test('with every wake lost, prompts are answered, words heard and runs stopped all the same', async () => {
    await using ground = await opened({ wake: lost })
    const { bot, machine, here, clock } = ground
    machine.hears = () => true
    await bot.wakeUp()
    const { journal } = bot.store
    const key = promptKey('501')
    await bot.desk.ask({ key, place: here.place, speaker: ann, text: 'go on', message: null })
    await clock.goTo(clock.now() + 25_000)
    assert.equal((await journal.find(key))?.state, 'running')
    const told = bot.desk.steer(ann, here.place, { key: promptKey('502'), text: 'and quickly' })
    for (const ms of [100, 6_000]) await clock.goTo(clock.now() + ms)
    assert.deepEqual(await told, { ok: true, value: { how: 'kept', text: 'and quickly' } })
    await clock.goTo(clock.now() + 20_000)
    const run = (await journal.find(key))?.run ?? runId('')
    assert.deepEqual(
      viewOf(await journal.read(run))?.steers.map(({ text }) => text),
      ['and quickly'],
    )
    await bot.desk.stop(ann, here.place)
    await clock.goTo(clock.now() + 25_000)
    assert.equal(viewOf(await journal.read(run))?.outcome?.kind, 'stopped')
    await bot.die()
  })

  test('a word that was not heard when its turn ended becomes a prompt, also when nobody was there', async () => {
    await using ground = await opened()
    const { bot, machine, here, clock, another } = ground
    await bot.wakeUp()
    const asked = await bot.desk.ask({
      key: promptKey('501'),
      place: here.place,
      speaker: ann,
      text: 'go on',
      message: null,
    })
    await clock.goTo(clock.now() + 1_000)
    machine.hears = () => new Promise(() => {})
    void bot.desk.steer(ann, here.place, { key: promptKey('502'), text: 'and quickly' }).catch(() => {})
    await clock.goTo(clock.now() + 1_000)
    // The bot dies in the moment in which the turn's end is on record and the word is not yet a prompt.
    await bot.die()
    const between = await another()
    assert.ok(asked.kind === 'accepted')
    await between.store.journal.append(asked.run, [events.done], clock.now())
    await between.die()
    machine.works.clear()
    machine.hears = () => false
    const next = await another()
    await next.wakeUp()
    await clock.goTo(clock.now() + 1_000)
    assert.equal((await next.store.journal.find(promptKey('502')))?.prompt.text, 'and quickly')
    await next.die()
  })
})
