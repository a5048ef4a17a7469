import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../src/core/failure.ts'
import type { MessageId, PlaceId, PromptKey } from '../../src/core/ids.ts'
import type { Arrival } from '../../src/core/inbox.ts'
import { InboxWorker, type InboxWorkerTools, type Job } from '../../src/engine/inbox.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import { person, quietLog, realClock, scratchFolder, thread } from '../stores/cast.ts'
import { VirtualClock } from './virtual-clock.ts'

const here = '200' as PlaceId
const deletion = (id: string): Arrival => ({ kind: 'deletion', messages: [id as MessageId] })
const command = (id: string): Arrival => ({
  kind: 'interaction',
  interaction: { key: id as PromptKey, person: person('ann'), place: thread('200'), body: { token: 'secret' } },
})
const nothing: Job = {
  wanted: () => Promise.resolve(true),
  acknowledge: () => Promise.resolve(true),
  work: () => Promise.resolve(),
  giveUp: () => Promise.resolve(),
  decline: () => Promise.resolve(),
}

type Doings = (key: string, tools: Parameters<InboxWorkerTools['jobOf']>) => Partial<Job>

function inboxOn(store: Store, doings: Doings, more: Partial<InboxWorkerTools> = {}): InboxWorker {
  const jobOf: InboxWorkerTools['jobOf'] = (...given) => ({ ...nothing, ...doings(given[0].key, given) })
  const { arrivals } = store
  return new InboxWorker({ arrivals, clock: realClock, log: quietLog, checkpoint: () => {}, jobOf, ...more })
}

async function until(question: () => boolean): Promise<void> {
  while (!question()) await sleep(10)
}

suite('the inbox', () => {
  test('what fails is tried again before what came after it, and is forgotten when it is done', async () => {
    await using ground = await open()
    const order: string[] = []
    let failures = 3
    const inbox = inboxOn(ground.store, (key) => ({
      work: async () => {
        if (key === 'a' && failures-- > 0) throw new Problem('wire', 'the disk is full')
        order.push(key)
      },
    }))
    for (const key of ['a', 'b', 'a', 'c']) inbox.take(key, here, deletion(key))
    inbox.release()
    await until(() => order.length === 3)
    await until(() => !['a', 'b', 'c'].some((key) => inbox.holds(key)))
    assert.deepEqual(order, ['a', 'b', 'c'])
    inbox.take('b', here, deletion('b'))
    await until(() => !inbox.holds('b'))
    assert.equal(order.length, 3, 'an event that Discord sends again is known')
    assert.deepEqual(await ground.store.arrivals.open(), [])
    await inbox.close()
  })

  test('a command waits for the messages before it, but not for one that takes long', async () => {
    await using ground = await open()
    const clock = new VirtualClock(0)
    const [begun, order]: [string[], string[]] = [[], []]
    const held = Promise.withResolvers<void>()
    const doings: Doings = (key) => ({
      work: async () => {
        begun.push(key)
        if (key === 'long') await held.promise
        order.push(key)
      },
    })
    const inbox = inboxOn(ground.store, doings, { clock })
    inbox.release()
    inbox.take('short', here, deletion('1'))
    inbox.take('long', here, deletion('2'))
    inbox.take('behind', here, deletion('3'))
    inbox.take('cancel', here, command('4'))
    await until(() => begun.includes('long'))
    await clock.goTo(2_000)
    assert.deepEqual(order, ['short'])
    await clock.goTo(4_000)
    await until(() => order.length === 2)
    assert.deepEqual(order, ['short', 'cancel'])
    held.resolve()
    await until(() => order.length === 4)
    assert.deepEqual(order, ['short', 'cancel', 'long', 'behind'])
    await inbox.close()
  })

  test('while the database is locked all is held in order; the process goes on, and says why', async () => {
    await using ground = await open()
    const order: string[] = []
    const inbox = inboxOn(ground.store, (key) => ({ work: async () => void order.push(key) }))
    inbox.release()
    const operator = new DatabaseSync(join(ground.folder, databaseName))
    operator.exec('begin immediate')
    for (const key of ['a', 'b', 'c']) inbox.take(key, here, key === 'b' ? command('7') : deletion(key))
    let longest = 0
    for (let last = performance.now(); ground.store.storeTrouble() === null;) {
      await sleep(5)
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }
    // SQLite would have waited inside for five seconds; a busy machine makes pauses, too, and shorter ones.
    assert.ok(longest < 4_000, `the longest pause was ${longest} ms`)
    assert.match(ground.store.storeTrouble()?.message ?? '', /locked by another program/)
    assert.equal(inbox.unkept, 3)
    assert.deepEqual(await ground.store.arrivals.open(), [], 'reads go on')
    assert.deepEqual(order, [])
    operator.exec('rollback')
    operator.close()
    await until(() => order.length === 3 && inbox.unkept === 0)
    assert.deepEqual(order, ['a', 'b', 'c'])
    assert.equal(ground.store.storeTrouble(), null)
    await inbox.close()
  })

  test('more than can be held is refused aloud; what is held is not touched', async () => {
    await using ground = await open()
    const [refused, done]: [string[], string[]] = [[], []]
    const doings: Doings = (key) => ({
      work: async () => void done.push(key),
      decline: async () => void refused.push(key),
    })
    const inbox = inboxOn(ground.store, doings, { most: 2 })
    for (const key of ['a', 'b', 'c']) inbox.take(key, here, deletion(key))
    await until(() => refused.length === 1)
    inbox.release()
    await until(() => done.length === 2)
    assert.deepEqual([refused, done], [['c'], ['a', 'b']])
    await inbox.close()
  })

  test('where we are wrong it is given up after some tries, with a word, and the next one is worked on', async () => {
    await using ground = await open()
    let tries = 0
    const story: string[] = []
    const inbox = inboxOn(ground.store, (key) => ({
      work: async () => {
        if (key === 'poison' && ++tries > 0) throw new TypeError('undefined is not a function')
        story.push(key)
      },
      giveUp: async () => void story.push(`gave up ${key}`),
    }))
    inbox.release()
    inbox.take('poison', here, deletion('1'))
    inbox.take('next', here, deletion('2'))
    await until(() => story.length === 2)
    assert.deepEqual(story, ['gave up poison', 'next'])
    assert.ok(tries > 1)
    await inbox.close()
    assert.deepEqual(await ground.store.arrivals.open(), [])
  })

  test('the next life works on what was not done, in order, and knows what was noted', async () => {
    await using ground = await open()
    const first = inboxOn(ground.store, (key, [, memo]) => ({
      work: async () => {
        if (key === 'a') await memo.keep('about the run r1')
        throw new Problem('wire', 'dying')
      },
    }))
    first.release()
    first.take('a', here, command('1'))
    first.take('b', here, deletion('2'))
    while ((await ground.store.arrivals.open())[0]?.memo !== 'about the run r1') await sleep(10)
    await first.close()

    const seen: unknown[] = []
    const second = inboxOn(ground.store, (key, [kept, memo, again]) => ({
      acknowledge: () => Promise.reject(new Error('it was acknowledged')),
      work: async () => void seen.push([key, kept.acknowledged, memo.read(), again]),
    }))
    await second.resume()
    await sleep(0)
    assert.deepEqual(seen, [], 'not before the chat can be written to')
    second.release()
    await until(() => seen.length === 2 || !second.holds('b'))
    assert.deepEqual(seen, [['a', true, 'about the run r1', true]])
    await second.close()
  })

  test('who was told that it failed is not worked for', async () => {
    await using ground = await open()
    const worked: string[] = []
    const inbox = inboxOn(ground.store, (key) => ({
      acknowledge: () => Promise.resolve(key !== 'late'),
      work: async () => void worked.push(key),
    }))
    inbox.release()
    inbox.take('late', here, command('1'))
    inbox.take('in time', here, command('2'))
    await until(() => !inbox.holds('late') && !inbox.holds('in time'))
    assert.deepEqual(worked, ['in time'])
    assert.deepEqual(await ground.store.arrivals.open(), [])
    await inbox.close()
  })
})

async function open(): Promise<{ readonly store: Store; readonly folder: string } & AsyncDisposable> {
  const folder = await scratchFolder()
  const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  return {
    store,
    folder: folder.path,
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
