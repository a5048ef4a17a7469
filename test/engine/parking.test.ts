import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caps } from '../../src/core/admission.ts'
import type { Trouble } from '../../src/core/failure.ts'
import type { RunId } from '../../src/core/ids.ts'
import type { Conversation } from '../../src/core/session.ts'
import { person, promptKey, scratchFolder, session, thread } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const [minute, hour] = [60_000, 3_600_000]
const begin = Date.UTC(2026, 0, 5, 9)
const caps: Caps = { active: 4, waiting: 200, personActive: 2, personWaiting: 50 }
/** The account's window: so long, and so many turns in it. */
const [windowMs, turnsInWindow] = [5 * hour, 20]

test('six people and one account over several windows, killed again and again, also across the resets', async () => {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const machine = new Machine(clock, () => 2 * minute)
  const served: { readonly run: RunId; readonly at: number; readonly goesOn: boolean }[] = []
  const refused: { readonly run: RunId; readonly at: number }[] = []
  let toldFor = 0
  machine.refuses = (turn): Trouble | null => {
    const [run, at] = [turn.run, clock.now()]
    const reset = begin + (Math.floor((at - begin) / windowMs) + 1) * windowMs
    if (served.filter((each) => each.at >= reset - windowMs).length < turnsInWindow) {
      served.push({ run, at, goesOn: turn.goesOn })
      return null
    }
    refused.push({ run, at })
    // The CLI says until when only once.
    const until = toldFor === reset ? null : reset
    toldFor = reset
    return { code: 'quota-full', detail: '', window: 'five_hour', until }
  }
  const options = { caps, queueStaleMs: hour }
  let bot = await live(folder.path, clock, machine, options)
  const conversation: Conversation = { id: 'known', transcript: null }
  const places = Array.from({ length: 6 }, (_, nth) => thread(String(200 + nth)))
  const people = places.map((_, nth) => person(`person-${nth}`))
  for (const [nth, place] of places.entries()) {
    const runtime = scriptedRuntime(machine).name
    await bot.store.vault.addSession(session(`s${nth}`, place, { runtime, conversation, startedAt: begin }))
    const by = { scope: { kind: 'global' }, tier: 'member', by: people[nth]?.id ?? '', at: begin } as const
    await bot.store.vault.grants.set({ ...by, by: by.by as never, person: people[nth]?.id ?? ('' as never) })
  }
  await bot.wakeUp()

  const asked: { readonly run: RunId; readonly nth: number }[] = []
  for (let key = 0; key < 72; key++) {
    const nth = key % people.length
    const speaker = people[nth] ?? person('nobody')
    const place = places[nth] ?? thread('0')
    const request = { key: promptKey(String(1000 + key)), place, speaker, text: 'go on', message: null }
    const outcome = await bot.desk.ask(request)
    assert.equal(outcome.kind, 'accepted')
    if (outcome.kind === 'accepted') asked.push({ run: outcome.run, nth })
    await clock.goTo(clock.now() + minute)
  }
  let kills = 0
  while ((await bot.store.journal.open()).length > 0) {
    assert.ok(clock.now() < begin + 8 * windowMs, 'it comes to its end')
    // Most of an hour without a bot now and then, over a reset as well.
    await bot.die()
    await clock.goTo(clock.now() + (kills % 3 === 0 ? 50 * minute : 1000))
    bot = await live(folder.path, clock, machine, options)
    await bot.wakeUp()
    kills++
    await clock.goTo(clock.now() + 17 * minute)
  }

  assert.ok(kills > 20, `${kills} kills`)
  assert.deepEqual([...new Set(served.map(({ run }) => run))].toSorted(), asked.map(({ run }) => run).toSorted())
  assert.equal(served.length, asked.length, 'no prompt was worked on twice')
  for (const each of people.keys()) {
    const own = asked.filter(({ nth }) => nth === each).map(({ run }) => run)
    const order = served.filter(({ run }) => own.includes(run)).map(({ run }) => run)
    assert.deepEqual(order, own, `${each} is answered in order`)
  }
  // What was at work or on its way when the window was found full is refused; everything else waits without a try.
  const windows = Math.ceil((clock.now() - begin) / windowMs)
  assert.ok(refused.length >= 3 && refused.length <= windows * caps.active, `${refused.length} were refused`)
  const parked = new Set(refused.map(({ run }) => run))
  for (const { run, goesOn } of served) assert.equal(goesOn, parked.has(run), 'only what had begun goes on')
  for (const { run } of asked) {
    const events = (await bot.store.journal.read(run)).map(({ event }) => event)
    const last = events.at(-1)
    assert.ok(last?.type === 'finished' && last.outcome.kind === 'done', JSON.stringify(last))
    for (const event of events) if (event.type === 'parked') assert.equal((event.hold.until - begin) % windowMs, 0)
  }
  await bot.die()
})
