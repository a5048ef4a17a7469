import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import type { Entry, RunEvent } from '../../src/core/event.ts'
import type { Seq, WorkerId } from '../../src/core/ids.ts'
import type { Journal, Wake } from '../../src/core/journal.ts'
import { newRun, step } from '../../src/core/lifecycle.ts'
import { EventBus } from '../../src/engine/bus.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { events, prompt, quietLog, realClock, runId, scratchFolder, session, thread } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'

const lost: Wake = { subscribe: () => ({ [Symbol.dispose]() {} }) }

/** A store with two runs at work, and a bus on it. */
async function opened(clock = new VirtualClock(1_000), wake?: Wake) {
  const folder = await scratchFolder()
  const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  const letGo = new AbortController()
  const bus = new EventBus({ ...store, ...(wake && { wake }), clock, log: quietLog, signal: letGo.signal })
  const told: Entry[] = []
  bus.subscribe((entry) => told.push(entry))
  const runs = ['r1', 'r2'].map(runId)
  for (const [nth, run] of runs.entries()) {
    const here = session(`s${nth}`, thread(`20${nth}`))
    await store.vault.addSession(here)
    await store.journal.ask(run, prompt(`50${nth}`, here), 1, () => null)
    await store.journal.claim(() => [run], 1)
    await store.journal.append(run, [events.started], 1)
  }
  await bus.open()
  return {
    store,
    bus,
    told,
    clock,
    async [Symbol.asyncDispose]() {
      letGo.abort()
      await bus.close()
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function journalOf(store: Store, from: number): Promise<readonly Entry[]> {
  return (await store.journal.after(0, 10_000)).filter(({ seq }) => seq > from)
}

suite('the event bus', () => {
  test('tells what is written from its opening on, once and in order, whoever wrote it', async () => {
    await using ground = await opened()
    const { store, bus, told } = ground
    const from = await store.journal.position()
    await Promise.all(
      Array.from({ length: 40 }, (_, nth) =>
        store.journal.append(runId(`r${(nth % 2) + 1}`), [events.said(`${nth}`)], nth),
      ),
    )
    await bus.idle()
    assert.equal(told.length, 40)
    assert.deepEqual(told, await journalOf(store, from))
    await bus.idle()
    assert.equal(told.length, 40)
  })

  test('more than it reads at once is told whole', async () => {
    await using ground = await opened()
    const { store, bus, told } = ground
    const many = Array.from({ length: 1_234 }, (_, nth) => events.said(`${nth}`))
    await store.journal.append(runId('r1'), many, 1)
    await bus.idle()
    assert.equal(told.length, many.length)
  })

  test('a machine is told of its own runs alone, and walks through the others’ once', async () => {
    await using ground = await opened()
    const { store, clock } = ground
    const of = 'w1' as WorkerId
    const letGo = new AbortController()
    const behind: Seq[] = []
    const { journal } = store
    const after: Journal['after'] = (position, limit, worker) => {
      behind.push(position)
      return journal.after(position, limit, worker)
    }
    const reading = Object.assign(Object.create(journal) as Journal, { after, position: () => journal.position() })
    const bus = new EventBus({ ...store, journal: reading, of, clock, log: quietLog, signal: letGo.signal })
    const told: Entry[] = []
    bus.subscribe((entry) => told.push(entry))
    await bus.open()
    const there = { ...session('far', thread('300')), worker: of }
    await store.vault.addSession(there)
    await journal.ask(runId('r3'), prompt('503', there), 1, () => null)
    await journal.append(runId('r1'), [events.said('elsewhere')], 1)
    await bus.idle()
    await journal.append(runId('r2'), [events.said('elsewhere, too')], 1)
    await bus.idle()
    assert.deepEqual(
      told.map(({ run, event }) => `${run} ${event.type}`),
      ['r3 asked'],
    )
    const end = await journal.position()
    await bus.idle()
    assert.equal(behind.at(-1), end)
    letGo.abort()
    await bus.close()
  })

  test('a wake that is lost does no harm: it looks now and then by itself', async () => {
    await using ground = await opened(new VirtualClock(1_000), lost)
    const { store, told, clock } = ground
    await store.journal.append(runId('r1'), [events.said('a')], 1)
    await clock.goTo(clock.now() + 9_000)
    assert.equal(told.length, 0)
    await clock.goTo(clock.now() + 2_000)
    assert.equal(told.length, 1)
    await store.journal.append(runId('r1'), [events.said('b')], 1)
    await clock.goTo(clock.now() + 11_000)
    assert.equal(told.length, 2)
  })

  test('a listener that throws keeps nobody else from hearing', async () => {
    await using ground = await opened()
    const { store, bus, told } = ground
    bus.subscribe(() => {
      throw new Error('fell over')
    })
    const after: Entry[] = []
    bus.subscribe((entry) => after.push(entry))
    await store.journal.append(runId('r1'), [events.said('a'), events.said('b')], 1)
    await bus.idle()
    assert.deepEqual([told.length, after.length], [2, 2])
  })

  test('a store that cannot be read is waited for, and nothing is left out', async () => {
    await using ground = await opened()
    const { store, told, clock } = ground
    const { journal } = store
    const after = journal.after.bind(journal)
    let failures = 3
    journal.after = (position, limit) =>
      failures-- > 0 ? Promise.reject(new Error('disk I/O error')) : after(position, limit)
    await store.journal.append(runId('r1'), [events.said('a')], 1)
    await clock.goTo(clock.now() + 5_000)
    assert.equal(told.length, 1)
  })

  test('several who write to one run: each is told what of theirs was written, and all of it can happen', async () => {
    const wishes: readonly RunEvent[] = [
      events.stopped,
      events.said('word'),
      events.wanted('q1'),
      events.wanted('q2'),
      events.answered('q1'),
      events.answered('q2'),
      events.withdrawn('q1'),
      { ...events.steered, heard: false },
      events.steered,
      events.declined,
      events.acted('t1', 'begun'),
      events.lost,
      events.done,
    ]
    const writer = fc.array(fc.array(fc.constantFrom(...wishes), { minLength: 1, maxLength: 4 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(fc.array(writer, { minLength: 2, maxLength: 4 }), async (writers) => {
        await using ground = await opened()
        const { store, bus, told } = ground
        const from = await store.journal.position()
        const run = runId('r1')
        const written = await Promise.all(
          writers.map(async (batches) => {
            const mine: Entry[] = []
            for (const batch of batches) mine.push(...(await store.journal.append(run, batch, 1)))
            return mine
          }),
        )
        await bus.idle()
        const entries = await store.journal.read(run)
        let now = newRun
        for (const { event } of entries) {
          const next = step(now, event)
          assert.ok(next !== null, `${event.type} after ${now.state}`)
          now = next
        }
        assert.equal((await store.journal.run(run))?.state, now.state)
        const mine = written.flat().sort((a, b) => a.seq - b.seq)
        assert.deepEqual(mine, await journalOf(store, from))
        assert.deepEqual(told, mine)
      }),
      { numRuns: 25 },
    )
  })
})
