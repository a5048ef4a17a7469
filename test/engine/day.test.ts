import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Caps } from '../../src/core/admission.ts'
import type { Asked } from '../../src/core/desk.ts'
import type { RunEvent } from '../../src/core/event.ts'
import type { PersonId, RunId } from '../../src/core/ids.ts'
import type { Person } from '../../src/core/person.ts'
import { channelOf, composeSessionKey, type Place } from '../../src/core/place.ts'
import type { Store } from '../../src/stores/open.ts'
import { person, placeId, promptKey, scratchFolder, session, thread } from '../stores/cast.ts'
import { live } from './life.ts'
import { Machine, scriptedRuntime } from './scripted-runtime.ts'
import { VirtualClock } from './virtual-clock.ts'

const minute = 60_000
const begin = Date.UTC(2026, 0, 5, 9)
const end = begin + 300 * minute
const staleMs = 30 * minute
const caps: Caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
/** The longest turn. */
const longestMs = 8 * minute

const people = Array.from({ length: 10 }, (_, nth) => person(`person-${nth}`))
const channels = ['100', '101', '102', '103']
const places: readonly Place[] = [
  ...channels.map((id): Place => ({ kind: 'channel', id: placeId(id), guild: '1' })),
  ...Array.from({ length: 10 }, (_, nth) => thread(String(200 + nth), channels[nth % channels.length])),
]

/** The same day every time. */
function dice(seed: number): (sides: number) => number {
  let state = seed
  return (sides) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

test('ten people, four channels, ten threads, five hours, a kill every few minutes', async () => {
  await using folder = await scratchFolder()
  const clock = new VirtualClock(begin)
  const chance = dice(20_260_105)
  const machine = new Machine(clock, () => 20_000 + chance(longestMs - 20_000))
  let bot = await live(folder.path, clock, machine, { caps, queueStaleMs: staleMs })
  for (const each of people) {
    const scope = { kind: 'global' } as const
    await bot.store.vault.grants.set({
      person: each.id,
      scope,
      tier: 'member',
      by: people[0]?.id ?? each.id,
      at: begin,
    })
  }
  for (const [nth, place] of places.entries()) {
    const here = session(`s${nth}`, place, { runtime: scriptedRuntime(machine).name, startedAt: begin })
    await bot.store.vault.addSession(here)
  }
  await bot.wakeUp()

  const asked = new Map<RunId, Person>()
  let key = 10_000
  let kills = 0
  let nextKill = begin + 2 * minute
  while (clock.now() < end) {
    await clock.goTo(clock.now() + 1_000 + chance(20_000))
    const who = people[chance(people.length)] as Person
    // One of them never stops asking.
    const asking = chance(3) === 0 ? (people[0] as Person) : who
    const place = places[chance(places.length)] as Place
    const request = { key: promptKey(String(++key)), place, speaker: asking, text: 'go on', message: null }
    if (chance(4) !== 0) {
      const dying = chance(12) === 0
      const pending = bot.desk.ask(request).catch((): Asked | null => null)
      if (dying) {
        await bot.die()
        bot = await live(folder.path, clock, machine, { caps, queueStaleMs: staleMs })
        await bot.wakeUp()
        kills++
      }
      const first = await pending
      // Whoever heard nothing says it again, as Discord does: with the same key.
      const outcome = first ?? (await bot.desk.ask(request))
      assert.notEqual(outcome.kind, 'refused')
      if (outcome.kind !== 'refused') asked.set(outcome.run, asking)
      if (dying) {
        const again = await bot.desk.ask(request)
        assert.deepEqual(again, { kind: 'known', run: outcome.kind === 'refused' ? '' : outcome.run })
      }
    }
    if (chance(25) === 0) await bot.desk.stop(who, place)
    if (clock.now() >= nextKill) {
      await bot.die()
      // A minute or two without a bot; sometimes the machine went down with it.
      if (chance(4) === 0) machine.works.clear()
      await clock.goTo(clock.now() + chance(2 * minute))
      bot = await live(folder.path, clock, machine, { caps, queueStaleMs: staleMs })
      await bot.wakeUp()
      kills++
      nextKill = clock.now() + 2 * minute + chance(5 * minute)
    }
    await assertCaps(bot.store, clock.now())
  }
  await clock.goTo(end + staleMs + 4 * longestMs)

  assert.ok(kills > 40, `${kills} kills`)
  assert.ok(asked.size > 800, `${asked.size} prompts`)
  const told = await tell(bot.store, asked)
  assert.deepEqual(await bot.store.journal.open(), [], 'nothing is left open')
  assertOutcomes(told)
  assertFairness(told)
  const ended = new Map<string, number>()
  for (const { last } of told) ended.set(last, (ended.get(last) ?? 0) + 1)
  assert.ok((ended.get('done') ?? 0) > 300, JSON.stringify([...ended]))
  assert.ok((ended.get('person-queue-full') ?? 0) > 0, 'the one who never stops was told no')
  await bot.die()
})

/** What no moment may show, counted from the journal's own projection. */
async function assertCaps(store: Store, now: number): Promise<void> {
  const { live, waiting } = await store.journal.board(now)
  assert.ok(live.length <= caps.active, `${live.length} at work`)
  assert.equal(new Set(live.map((each) => each.session)).size, live.length, 'one run of a session')
  // A run that was lost waits again beside those that waited: the caps are asked before a prompt, not before a loss.
  assert.ok(waiting.length <= caps.waiting + caps.active, `${waiting.length} waiting`)
  for (const each of live) {
    const own = live.filter(({ person, channel }) => person === each.person && channel === each.channel)
    assert.ok(own.length <= caps.personActive, `${own.length} of ${each.person} at work in ${each.channel}`)
  }
}

interface Told {
  readonly run: RunId
  readonly person: PersonId
  readonly channel: string
  readonly session: string
  readonly askedSeq: number
  readonly askedAt: number
  readonly admitted: readonly { readonly seq: number; readonly at: number }[]
  readonly lastSeq: number
  readonly last: string
  readonly lost: boolean
  readonly outcomes: number
}

async function tell(store: Store, asked: ReadonlyMap<RunId, Person>): Promise<readonly Told[]> {
  const told: Told[] = []
  for (const [run, { id }] of asked) {
    const entries = await store.journal.read(run)
    const [first] = entries
    const last = entries.at(-1)
    assert.ok(first?.event.type === 'asked' && last !== undefined)
    const { place, session: of } = first.event.prompt
    const outcomes = entries.filter(({ event }, nth) => isOutcome(event, nth === entries.length - 1))
    told.push({
      run,
      person: id,
      channel: channelOf(place),
      session: of,
      askedSeq: first.seq,
      askedAt: first.at,
      admitted: entries.flatMap(({ event, seq, at }) => (event.type === 'admitted' ? [{ seq, at }] : [])),
      lastSeq: last.seq,
      last: nameOf(last.event),
      lost: entries.some(({ event }) => event.type === 'lost'),
      outcomes: outcomes.length,
    })
  }
  return told
}

function isOutcome(event: RunEvent, isLast: boolean): boolean {
  return event.type === 'finished' || event.type === 'refused' || (event.type === 'stopped' && isLast)
}

function nameOf(event: RunEvent): string {
  if (event.type === 'refused') return event.refusal.code
  return event.type === 'finished' ? event.outcome.kind : event.type
}

function assertOutcomes(told: readonly Told[]): void {
  for (const each of told) assert.equal(each.outcomes, 1, `${each.run} ended ${each.outcomes} times: ${each.last}`)
}

/**
 * Fairness: while a prompt could have begun, nobody else is served twice. And within one person and session, whoever was
 * asked first is admitted first.
 */
function assertFairness(told: readonly Told[]): void {
  const calm = told.filter(({ lost }) => !lost)
  for (const each of calm) {
    const [first] = each.admitted
    const until = first?.at ?? each.askedAt
    assert.ok(until - each.askedAt <= staleMs, 'nobody begins after having waited too long')
    if (first === undefined) continue
    const sameSession = calm.filter(
      ({ session: other, admitted, askedSeq }) =>
        other === each.session && admitted.length > 0 && askedSeq < each.askedSeq,
    )
    for (const earlier of sameSession) {
      assert.ok((earlier.admitted[0]?.seq ?? 0) < first.seq, 'a session takes its prompts in order')
    }
    // From when nothing stood in its way, and its person had their last turn, everybody else has one at most before it.
    const own = told.filter(({ person: other }) => other === each.person).flatMap(({ admitted }) => admitted)
    const turns = own.map(({ seq }) => seq).filter((seq) => seq < first.seq)
    const free = Math.max(each.askedSeq, ...turns, ...blocking(each, told).map(({ lastSeq }) => lastSeq))
    const overtook = told
      .filter(({ person: other }) => other !== each.person)
      .flatMap(({ person: other, admitted }) =>
        admitted.flatMap(({ seq }) => (seq > free && seq < first.seq ? [other] : [])),
      )
    assert.equal(new Set(overtook).size, overtook.length, `${each.run} was overtaken twice by one person`)
  }
}

/** What kept a run from beginning by right: its session's earlier runs, and its person's own in that channel. */
function blocking(each: Told, told: readonly Told[]): readonly Told[] {
  const first = each.admitted[0]?.seq ?? 0
  return told.filter(
    (other) =>
      other.run !== each.run &&
      other.lastSeq < first &&
      other.lastSeq > each.askedSeq &&
      (other.session === each.session || other.person === each.person),
  )
}

test('the places of the day are sessions of their own', () => {
  assert.equal(new Set(places.map(composeSessionKey)).size, places.length)
})
