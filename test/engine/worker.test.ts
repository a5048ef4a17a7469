import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Caps } from '../../src/core/admission.ts'
import type { Entry } from '../../src/core/event.ts'
import type { Wake } from '../../src/core/journal.ts'
import { no } from '../../src/core/result.ts'
import { viewOf } from '../../src/core/view.ts'
import type { Workspaces } from '../../src/core/workspace.ts'
import { EventBus } from '../../src/engine/bus.ts'
import { events, person, prompt, promptKey, runId, scratchFolder, session, thread } from '../stores/cast.ts'
import { live } from './life.ts'
import { oneFolder } from './one-folder.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const caps: Caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
const [ann, ben, cid] = [person('ann'), person('ben'), person('cid')]
const lost: Wake = { subscribe: () => ({ [Symbol.dispose]() {} }) }

async function opened(
  options: { readonly wake?: Wake; readonly workspaces?: Workspaces; readonly busOf?: typeof EventBus } = {},
) {
  const folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9))
  const machine = new Machine(clock, () => 60_000)
  const another = () => live(folder.path, clock, machine, { caps, queueStaleMs: 1_800_000, ...options })
  const bot = await another()
  const here = session('one', undefined, { runtime: scriptedRuntime(machine).name })
  await bot.store.vault.addSession(here)
  for (const { id } of [ann, ben, cid]) {
    const grant = { person: id, scope: { kind: 'global' }, tier: 'owner', by: ann.id, at: 1 } as const
    await bot.store.vault.grants.set(grant)
  }
  return { bot, clock, machine, here, another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** As recovery and a bus do that find the same. */
class TellsTwice extends EventBus {
  override subscribe(listener: (entry: Entry) => void): Disposable {
    return super.subscribe((entry) => {
      listener(entry)
      listener(entry)
    })
  }
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
    await using ground = await opened({ busOf: TellsTwice })
    const { bot, machine, here, clock } = ground
    const { journal } = bot.store
    const [early, late, other] = [runId('r1'), runId('r2'), runId('r3')]
    const [second, third] = ['two', 'three'].map((name, nth) => ({
      ...session(name, thread(`30${nth}`)),
      runtime: here.runtime,
    }))
    assert.ok(second !== undefined && third !== undefined)
    for (const each of [second, third]) await bot.store.vault.addSession(each)
    // As after a death between the admission and its beginning.
    await journal.ask(early, prompt('501', here), clock.now(), () => null)
    await journal.claim(() => [early], clock.now())
    await bot.wakeUp()
    await journal.ask(late, prompt('502', second, ben), clock.now(), () => null)
    await journal.ask(other, prompt('503', third, cid), clock.now(), () => null)
    await clock.goTo(clock.now() + 20_000)
    const all = [early, late, other].map((run) => [run, 1])
    assert.deepEqual([...machine.begun], all, 'and nobody waits for the end of another')
    await clock.goTo(clock.now() + 120_000)
    assert.deepEqual([...machine.begun], all)
    assert.deepEqual(await journal.open(), [])
    await bot.die()
  })

  test('nothing begins in a folder that the machine’s own operator has not named, whatever stands in the database', async () => {
    const inside = '/projects/shop'
    const roots = ['/projects']
    const resolve: Workspaces['resolve'] = async (path) =>
      path?.startsWith('/projects/') === true
        ? { ok: true, value: path }
        : no({ code: 'workdir-outside', path: path ?? '', roots })
    await using ground = await opened({ workspaces: { ...oneFolder, resolve } })
    const { bot, machine, here, clock } = ground
    const { journal, vault } = bot.store
    const worktree = { repository: inside, folder: inside, branch: 'omc/x', base: null, borrows: [inside] }
    const outside: readonly (readonly [folder: string, Partial<typeof here>])[] = [
      ['/', { workdir: '/' }],
      ['/home/olivia', { workdir: '/home/olivia' }],
      ['shop', { workdir: 'shop' }],
      ['/etc', { workdir: inside, worktree: { ...worktree, folder: '/etc' } }],
      ['/usr', { workdir: inside, worktree: { ...worktree, repository: '/usr' } }],
      ['/tmp', { workdir: inside, worktree: { ...worktree, borrows: [inside, '/tmp'] } }],
    ]
    const all = [[null, { workdir: inside, worktree }] as const, ...outside]
    const asked = all.map(([folder, more], nth) => {
      const options = { runtime: here.runtime, ...more }
      return { folder, session: session(`s${nth}`, thread(`70${nth}`), options), run: runId(`r${nth}`) }
    })
    for (const { session: each, run } of asked) {
      await vault.addSession(each)
      const asks = { ...prompt(`60${run.slice(1)}`, each), askedAt: clock.now() }
      await journal.ask(run, asks, clock.now(), () => null)
    }
    // Some were admitted when an earlier life died, the others are admitted now.
    await journal.claim(() => asked.slice(4).map(({ run }) => run), clock.now())
    await bot.wakeUp()
    await clock.goTo(clock.now() + 120_000)
    for (const { run, folder } of asked) {
      const outcome = viewOf(await journal.read(run))?.outcome
      if (folder === null) assert.equal(outcome?.kind, 'done', 'the control')
      else assert.deepEqual(outcome?.kind === 'failed' && outcome.trouble, { code: 'beyond-roots', folder })
    }
    assert.deepEqual([...machine.begun.keys()], [runId('r0')])
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
