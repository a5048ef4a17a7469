import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { admit, type Board } from '../../src/core/admission.ts'
import type { RunId, Seq } from '../../src/core/ids.ts'
import type { Session } from '../../src/core/session.ts'
import { accountId, events, person, prompt, runId, session, thread } from '../stores/cast.ts'
import { noTokens } from '../../src/core/spending.ts'
import { begin, cursor, everyone, isBug, keep, never, type StoreUnderTest } from './ground.ts'

/** What any journal must do when several want something at once: claims, the board, calls that race. */
export function claimContract(name: string, open: () => Promise<StoreUnderTest>): void {
  suite(`claims: ${name}`, () => {
    test('a claim admits what it is told, with everything its conductor needs', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one', thread('200'), { account: accountId('spare') }))
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      const claimed = await store.journal.claim(everyone, 5)
      assert.equal(claimed.length, 1)
      const { entry, ...rest } = claimed[0] as (typeof claimed)[0]
      assert.deepEqual(rest, { run: 'r1', session: here.id, prompt: prompt('501', here), attempt: 1 })
      assert.deepEqual([entry.run, entry.at, entry.event], ['r1', 5, { type: 'admitted', account: 'spare' }])
      assert.deepEqual(await store.journal.claim(everyone, 6), [])
    })

    test('claims that race admit a run once, and a session has one live run', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      await store.journal.ask(runId('r2'), prompt('502', here), 2, never)
      const first = (board: Board): readonly RunId[] => (board.live.length === 0 ? everyone(board).slice(0, 1) : [])
      const claims = await Promise.all(Array.from({ length: 8 }, () => store.journal.claim(first, 3)))
      assert.deepEqual(
        claims.flat().map((each) => each.run),
        ['r1'],
      )
    })

    test('a careless admission that would give a session two live runs is rejected as a whole', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const there = await keep(store.vault, session('two', thread('201')))
      await store.journal.ask(runId('r0'), prompt('500', there), 1, never)
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      await store.journal.ask(runId('r2'), prompt('502', here), 2, never)
      await assert.rejects(
        store.journal.claim(() => [runId('r0'), runId('r1'), runId('r2')], 3),
        isBug,
      )
      await assert.rejects(
        store.journal.claim(() => [runId('r0'), runId('nobody')], 3),
        isBug,
      )
      assert.deepEqual(everyone(await store.journal.board(0)), ['r0', 'r1', 'r2'])
      assert.deepEqual((await store.journal.board(0)).live, [])
      assert.equal((await store.journal.read(runId('r0'))).length, 1)
      await store.journal.claim(() => [runId('r1')], 4)
      await assert.rejects(store.journal.append(runId('r2'), [events.admitted], 5), isBug)
      assert.equal((await store.journal.read(runId('r2'))).length, 1)
    })

    test('a prompt whose person has no money left is passed in a claim by others of its session, and by nobody of its own', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const [bob, cy] = [person('bob'), person('cy')]
      await begin(store, runId('r0'), here, '500')
      const tokens = { ...noTokens, output: 20 }
      const used = { type: 'used', spend: { model: null, tokens, costUsd: null, estimated: false } } as const
      await store.journal.append(runId('r0'), [used, events.done], 1)
      const scope = { kind: 'person', id: person('ann').id } as const
      await store.vault.budgets.set({ scope, span: 'day', limit: { unit: 'tokens', count: 10 }, by: 'olivia', at: 1 })
      await store.journal.ask(runId('r1'), prompt('501', here), 2, never)
      await store.journal.ask(runId('r2'), prompt('502', here), 2, never)
      await store.journal.ask(runId('r3'), prompt('503', here, bob), 3, never)
      await store.journal.ask(runId('r4'), prompt('504', here, cy), 3, never)
      const caps = { active: 6, waiting: 20, personActive: 2, personWaiting: 5 }
      const claimed = await store.journal.claim((board) => admit(board, caps), 4)
      assert.deepEqual(
        claimed.map(({ run }) => run),
        ['r3'],
      )
      const { waiting } = await store.journal.board(4)
      assert.deepEqual(
        waiting.map(({ run, alone = false, hold }) => [run, alone, hold === null]),
        [
          ['r1', true, false],
          ['r2', true, false],
          ['r4', false, true],
        ],
      )
    })

    test('the board has what admission needs', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one', thread('200', '100')))
      const there = await keep(store.vault, session('two', thread('201', '101')))
      await begin(store, runId('r1'), here, '501')
      const bob = person('bob')
      const asked = await store.journal.ask(runId('r2'), prompt('502', here, bob), 2, never)
      await store.journal.ask(runId('r3'), prompt('503', there, bob), 3, never)
      const board = await store.journal.board(0)
      assert.deepEqual(
        board.live.map(({ run, person, channel }) => [run, person, channel]),
        [['r1', 'ann', '100']],
      )
      assert.deepEqual(board.waiting, [
        {
          run: 'r2',
          session: here.id,
          person: 'bob',
          channel: '100',
          account: 'default',
          asked: asked.entries[0]?.seq,
          hold: null,
        },
        { ...board.waiting[1], run: 'r3', session: there.id, channel: '101' },
      ])
      const admitted = (await store.journal.read(runId('r1'))).find((entry) => entry.event.type === 'admitted')
      assert.deepEqual([...board.served], [['ann', admitted?.seq]])
    })

    test('the board has the live runs in the order of their admission, the waiting ones in that of their asking', async () => {
      await using store = await open()
      for (const [nth, id] of ['r1', 'r2', 'r3', 'r4'].entries()) {
        const here = await keep(store.vault, session(`s${nth}`, thread(`20${nth}`)))
        await store.journal.ask(runId(id), prompt(`50${nth}`, here), 1, never)
      }
      await store.journal.claim(() => [runId('r3')], 2)
      await store.journal.claim(() => [runId('r1')], 3)
      const board = await store.journal.board(0)
      assert.deepEqual(
        board.live.map((each) => each.run),
        ['r3', 'r1'],
      )
      assert.deepEqual(everyone(board), ['r2', 'r4'])
    })

    test('who starts next is the same, whether all that waits is looked at or the first of each session', async () => {
      await using store = await open()
      const sessions: Session[] = []
      for (let nth = 0; nth < 4; nth++) sessions.push(await keep(store.vault, session(`s${nth}`, thread(`20${nth}`))))
      const people = ['ann', 'bob', 'eve'].map((name) => person(name))
      for (let nth = 0; nth < 24; nth++) {
        const to = sessions[(nth * nth) % 4] as Session
        const asked = prompt(String(500 + nth), to, people[nth % 3])
        await store.journal.ask(runId(`r${nth}`), asked, nth, never)
      }
      const caps = { active: 3, waiting: 100, personActive: 2, personWaiting: 100 }
      const begun: RunId[] = []
      for (let at = 100; (await store.journal.open()).length > 0; at++) {
        const wanted = admit(await store.journal.board(at), caps)
        const claimed = await store.journal.claim((board) => admit(board, caps), at)
        assert.deepEqual(
          claimed.map(({ run }) => run),
          wanted,
        )
        begun.push(...wanted)
        const [oldest] = (await store.journal.board(at)).live
        if (oldest !== undefined) await store.journal.append(oldest.run, [at % 3 === 0 ? events.lost : events.done], at)
      }
      assert.ok(begun.length > 24, 'some were lost and began again')
    })

    test('whose turn it is, is known of an asker who has nothing on the board', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      await store.journal.append(runId('r1'), [events.done], 5)
      let served: ReadonlyMap<string, Seq> = new Map()
      await store.journal.ask(runId('r2'), prompt('502', here), 6, async ({ board }) => {
        served = (await board()).served
        return null
      })
      assert.deepEqual([...served.keys()], ['ann'])
    })

    test('a lost run keeps its place in the queue', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const there = await keep(store.vault, session('two', thread('201')))
      await begin(store, runId('r1'), here, '501')
      await store.journal.ask(runId('r2'), prompt('502', there), 2, never)
      await store.journal.append(runId('r1'), [events.lost], 3)
      assert.deepEqual(everyone(await store.journal.board(0)), ['r1', 'r2'])
      assert.deepEqual(
        (await store.journal.open()).map((each) => [each.run, each.state, each.attempt]),
        [
          ['r1', 'waiting', 1],
          ['r2', 'waiting', 0],
        ],
      )
    })

    test('a call that is rejected takes no other along, however many come at once', async () => {
      await using store = await open()
      const runs = ['r1', 'r2', 'r3'].map(runId)
      for (const [nth, run] of runs.entries()) {
        const here = await keep(store.vault, session(`s${nth}`, thread(`20${nth}`)))
        await begin(store, run, here, `50${nth}`)
      }
      const [first, second, third] = runs as [RunId, RunId, RunId]
      const settled = await Promise.allSettled([
        store.journal.append(first, [events.said('a')], 1),
        store.journal.append(runId('nobody'), [events.said('lost')], 1, { cursor: cursor('99') }),
        store.journal.append(third, [events.done], 1),
        store.journal.ask(first, prompt('900', session('never-kept')), 1, never),
        store.vault.once('key', 1),
        store.journal.append(runId('nobody'), [events.done], 1),
        store.journal.claim(() => [first], 1),
        store.journal.append(first, [events.done], 1, { cursor: cursor('7') }),
      ])
      assert.deepEqual(
        settled.map((each) => each.status === 'fulfilled'),
        [true, false, true, false, true, false, false, true],
      )
      const types = async (run: RunId): Promise<string> =>
        (await store.journal.read(run, 0)).map((entry) => entry.event.type).join(' ')
      assert.equal(await types(first), 'asked admitted started said finished')
      assert.equal(await types(second), 'asked admitted started')
      assert.equal(await types(third), 'asked admitted started finished')
      assert.deepEqual(
        (await store.journal.open()).map((each) => [each.run, each.cursor]),
        [['r2', null]],
      )
      assert.equal(await store.vault.once('key', 2), false)
    })

    test('200 calls at once: none is torn, none is lost', async () => {
      await using store = await open()
      const sessions: Session[] = []
      for (let nth = 0; nth < 10; nth++) {
        sessions.push(await keep(store.vault, session(`s${nth}`, thread(`2${nth}0`))))
      }
      await Promise.all(
        Array.from({ length: 200 }, async (_, nth) => {
          const to = sessions[nth % sessions.length] as Session
          // Every third prompt comes twice, as replayed events do.
          const key = String(1_000 + (nth % 3 === 2 ? nth - 1 : nth))
          const asked = await store.journal.ask(runId(`r${nth}`), prompt(key, to), nth, ({ crowd: { waiting } }) =>
            waiting > 60 ? { code: 'queue-full', cap: 60, waiting } : null,
          )
          const oneEach = (board: Board): readonly RunId[] => {
            const busy = new Set(board.live.map((each) => each.session))
            return board.waiting
              .filter((each) => !busy.has(each.session) && busy.add(each.session))
              .map((each) => each.run)
          }
          for (const { run } of await store.journal.claim(oneEach, nth)) {
            await store.journal.append(run, [events.started], nth)
            await Promise.all([
              store.journal.append(run, [events.said('a'), events.said('b')], nth),
              store.journal.append(run, [events.said('c')], nth),
            ])
            await store.journal.append(run, [events.done], nth)
          }
          return asked
        }),
      )
      const seqs: Seq[] = []
      let ended = 0
      for (let nth = 0; nth < 200; nth++) {
        const entries = await store.journal.read(runId(`r${nth}`))
        seqs.push(...entries.map((entry) => entry.seq))
        const story = entries
          .map((entry) => (entry.event.type === 'said' ? entry.event.text : entry.event.type))
          .join(' ')
        const whole = /^(asked( refused| admitted( started (a b c|c a b) finished)?)?)?$/
        assert.match(story, whole)
        if (story.endsWith('finished')) ended++
      }
      assert.equal(new Set(seqs).size, seqs.length)
      assert.ok(ended >= 10, `only ${ended} runs were led to their end`)
      const board = await store.journal.board(0)
      assert.deepEqual(board.live, [], 'everything claimed was led to its end')
    })
  })
}
