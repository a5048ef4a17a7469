import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Caps } from '../../src/core/admission.ts'
import type { Steer } from '../../src/core/event.ts'
import { viewOf } from '../../src/core/view.ts'
import { person, promptKey, scratchFolder, session } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const caps: Caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
const options = { caps, queueStaleMs: 1_800_000 }
const turnMs = 60_000
const ann = person('ann')
const here = session('one')

/** Ann's run at work, ten seconds old, on a machine that remembers every word that reached it. */
async function atWork() {
  const folder = await scratchFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9))
  const machine = new Machine(clock, () => turnMs)
  const heard: Steer[] = []
  machine.hears = (steer) => heard.push(steer) > 0
  const bot = await live(folder.path, clock, machine, options)
  const { vault } = bot.store
  for (const each of ['ann', 'bob']) {
    const owner = { person: person(each).id, scope: { kind: 'global' }, tier: 'owner', by: ann.id, at: 1 } as const
    await vault.grants.set(owner)
  }
  await vault.addSession({ ...here, runtime: scriptedRuntime(machine).name })
  await bot.wakeUp()
  const request = { key: promptKey('100'), place: here.place, speaker: ann, text: 'go on', message: null }
  const asked = await bot.desk.ask(request)
  await clock.goTo(clock.now() + 10_000)
  assert.ok(asked.kind === 'accepted')
  const { run } = asked
  const another = () => live(folder.path, clock, machine, options)
  return { bot, clock, machine, heard, run, another, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

const word = { key: promptKey('101'), text: 'and quickly' }

suite('steering', () => {
  test('a word is in the journal before the CLI hears it, and once more when it has', async () => {
    await using story = await atWork()
    const { bot, machine, run, clock } = story
    const seen: (readonly boolean[])[] = []
    const steered = async (): Promise<readonly boolean[]> =>
      (await bot.store.journal.read(run)).flatMap(({ event }) => (event.type === 'steered' ? [event.heard] : []))
    machine.hears = async () => seen.push(await steered()) > 0
    assert.deepEqual(await bot.desk.steer(ann, here.place, word), {
      ok: true,
      value: { how: 'steered', text: word.text },
    })
    assert.deepEqual(seen, [[false]])
    assert.deepEqual(await steered(), [false, true])
    // The same interaction again: said to the CLI with the same key, kept no second time.
    await bot.desk.steer(ann, here.place, word)
    const view = viewOf(await bot.store.journal.read(run))
    assert.deepEqual(view?.steers, [{ ...word, by: 'ann' }])
    await clock.goTo(clock.now() + turnMs)
    assert.deepEqual(await bot.store.journal.open(), [])
    await bot.die()
  })

  test('killed before the CLI heard it, the next life says it', async () => {
    await using story = await atWork()
    const { bot, machine, heard, run, clock } = story
    machine.hears = () => new Promise(() => {})
    void bot.desk.steer(ann, here.place, word).catch(() => {})
    await clock.goTo(clock.now() + 1_000)
    await bot.die()
    machine.hears = (steer) => heard.push(steer) > 0
    const second = await story.another()
    await second.wakeUp()
    await clock.goTo(clock.now() + 1_000)
    assert.deepEqual(heard, [{ ...word, by: 'ann' }])
    assert.equal(viewOf(await second.store.journal.read(run))?.steers.length, 1)
    assert.equal(await second.store.journal.find(word.key), null, 'it is no prompt')
    await second.die()
  })

  test('killed before the CLI heard it, and the CLI takes no word any more: it becomes a prompt, once', async () => {
    await using story = await atWork()
    const { bot, machine, heard, clock } = story
    machine.hears = () => new Promise(() => {})
    void bot.desk.steer(ann, here.place, word).catch(() => {})
    await clock.goTo(clock.now() + 1_000)
    await bot.die()
    machine.hears = () => false
    const second = await story.another()
    await second.wakeUp()
    await clock.goTo(clock.now() + 1_000)
    const asked = await second.store.journal.find(word.key)
    assert.equal(asked?.prompt.text, word.text)
    assert.equal(asked?.prompt.speaker.id, ann.id)
    await second.die()
    machine.hears = (steer) => heard.push(steer) > 0
    const third = await story.another()
    await third.wakeUp()
    await clock.goTo(clock.now() + 2 * turnMs)
    assert.deepEqual(heard, [], 'what has become a prompt is not said to the turn as well')
    assert.deepEqual(await third.store.journal.open(), [])
    assert.equal([...machine.begun.values()].length, 2)
    await third.die()
  })

  test('heard, and the turn ends while no bot is there: it is not asked once more', async () => {
    await using story = await atWork()
    const { bot, machine, clock } = story
    await bot.desk.steer(ann, here.place, word)
    await bot.die()
    machine.hears = () => false
    await clock.goTo(clock.now() + 2 * turnMs)
    const second = await story.another()
    await second.wakeUp()
    await clock.goTo(clock.now() + 1_000)
    assert.equal(await second.store.journal.find(word.key), null)
    assert.deepEqual(await second.store.journal.open(), [])
    await second.die()
  })

  test('what the CLI cannot take becomes a prompt, and the same word again changes nothing', async () => {
    await using story = await atWork()
    const { bot, machine, clock } = story
    machine.hears = () => false
    for (const _ of [1, 2]) {
      const steered = await bot.desk.steer(ann, here.place, word)
      assert.deepEqual(steered, { ok: true, value: { how: 'asked', text: word.text } })
    }
    assert.equal((await bot.store.journal.open()).length, 2)
    await clock.goTo(clock.now() + 3 * turnMs)
    assert.equal(machine.begun.size, 2)
    await bot.die()
  })

  test('whoever is less than the run acts as does not lead it', async () => {
    await using story = await atWork()
    const { bot, heard } = story
    const cy = person('cy')
    await bot.store.vault.grants.set({ person: cy.id, scope: { kind: 'global' }, tier: 'member', by: ann.id, at: 1 })
    assert.deepEqual(await bot.desk.steer(cy, here.place, word), {
      ok: false,
      refusal: { code: 'steer-above', tier: 'member', needs: 'owner' },
    })
    const bob = await bot.desk.steer(person('bob'), here.place, word)
    assert.ok(bob.ok)
    assert.deepEqual(
      heard.map(({ by }) => by),
      ['bob'],
    )
    await bot.die()
  })
})
