import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Board } from '../../src/core/admission.ts'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { RunId, Seq, WorkerId } from '../../src/core/ids.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import { events, prompt, promptKey, runId, session, sessionId, thread } from '../stores/cast.ts'
import { begin, cursor, everyone, isBug, keep, never, type StoreUnderTest } from './ground.ts'

/** What any journal must do, whatever it writes to. `open` gives a store with nothing in it. */
export function journalContract(name: string, open: () => Promise<StoreUnderTest>): void {
  suite(`journal: ${name}`, () => {
    test('a prompt that was asked is there, also after reopening', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const asked = await store.journal.ask(runId('r1'), prompt('501', here), 7, never)
      assert.equal(asked.run, 'r1')
      assert.equal(asked.fresh, true)
      assert.deepEqual(
        asked.entries.map((entry) => [entry.run, entry.at, entry.event]),
        [['r1', 7, { type: 'asked', prompt: prompt('501', here) }]],
      )
      await using again = await store.reopen()
      assert.deepEqual(await again.journal.read(runId('r1')), asked.entries)
      const found = await again.journal.find(promptKey('501'))
      assert.deepEqual(found, {
        run: 'r1',
        session: here.id,
        worker: null,
        state: 'waiting',
        attempt: 0,
        parks: 0,
        goesOn: false,
        isPromoted: false,
        hold: null,
        prompt: prompt('501', here),
        cursor: null,
      })
    })

    test('the same prompt again is the earlier run, and nobody is asked whether to refuse it', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const first = await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      const again = await store.journal.ask(runId('r2'), prompt('501', here), 2, () => {
        throw new Error('a known prompt must not be judged anew')
      })
      assert.deepEqual(again, { run: 'r1', fresh: false, entries: [] })
      assert.deepEqual(await store.journal.read(runId('r1')), first.entries)
      assert.deepEqual(await store.journal.read(runId('r2')), [])
    })

    test('a prompt that was worded anew is given in its last words, also when claimed and after reopening', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      await store.journal.ask(runId('r2'), prompt('502', here), 1, never)
      const attachments = [{ sha256: 'a'.repeat(64), name: 'a.png', type: 'image/png', bytes: 3 }]
      for (const text of ['second', 'third']) {
        await store.journal.append(runId('r1'), [{ type: 'reworded', text, attachments }], 2, { expect: 'waiting' })
      }
      const wanted = { ...prompt('501', here), text: 'third', attachments }
      assert.deepEqual((await store.journal.find(promptKey('501')))?.prompt, wanted)
      assert.deepEqual((await store.journal.find(promptKey('502')))?.prompt, prompt('502', here))
      await using again = await store.reopen()
      const [claimed] = await again.journal.claim(() => [runId('r1')], 3)
      assert.deepEqual(claimed?.prompt, wanted)
      const late = { type: 'reworded', text: 'too late', attachments: [] } as const
      assert.deepEqual(await again.journal.append(runId('r1'), [late], 4, { expect: 'waiting' }), [])
      assert.deepEqual((await again.journal.open())[0]?.prompt, wanted)
    })

    test('what was put first stands so on the board, where it was first put, also after reopening and a loss', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      const [put] = await store.journal.append(runId('r1'), [events.promoted], 2)
      await store.journal.append(runId('r1'), [events.promoted], 3)
      await using again = await store.reopen()
      assert.equal((await again.journal.board(4)).waiting[0]?.promoted, put?.seq)
      await again.journal.claim(everyone, 5)
      assert.deepEqual(await again.journal.append(runId('r1'), [events.promoted], 6), [], 'it no longer waits')
      await again.journal.append(runId('r1'), [events.lost], 7)
      assert.equal((await again.journal.board(8)).waiting[0]?.promoted, put?.seq)
      assert.equal((await again.journal.run(runId('r1')))?.isPromoted, true)
    })

    test('two askers with one key at once make one run', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const asked = await Promise.all(
        ['a', 'b', 'c'].map((id) => store.journal.ask(runId(id), prompt('501', here), 1, never)),
      )
      assert.equal(asked.filter((each) => each.fresh).length, 1)
      assert.equal(new Set(asked.map((each) => each.run)).size, 1)
      assert.equal((await store.journal.open()).length, 1)
    })

    test('a refused prompt is a run that is over, judged by the board without it', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      let seen: Board | null = null
      const refused = await store.journal.ask(runId('r2'), prompt('502', here), 2, async ({ crowd, board }) => {
        assert.deepEqual(crowd, { waiting: 1, live: 0, own: { waiting: 1, live: 0 } })
        seen = await board()
        return { code: 'queue-full', cap: 1, waiting: 1 }
      })
      assert.deepEqual(everyone(seen as unknown as Board), ['r1'])
      assert.deepEqual(
        refused.entries.map((entry) => entry.event.type),
        ['asked', 'refused'],
      )
      assert.equal((await store.journal.find(promptKey('502')))?.state, 'over')
      assert.deepEqual(everyone(await store.journal.board(0)), ['r1'])
      assert.deepEqual(await store.vault.postings.unsettled(), ['run:r1', 'run:r2'], 'a refusal too must be told')
    })

    test('a judge that throws leaves nothing behind', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const refuse = (): null => {
        throw new Error('judge fell over')
      }
      await assert.rejects(store.journal.ask(runId('r1'), prompt('501', here), 1, refuse), /judge fell over/)
      assert.equal(await store.journal.find(promptKey('501')), null)
      assert.deepEqual(await store.vault.postings.unsettled(), [])
      assert.equal((await store.journal.ask(runId('r1'), prompt('501', here), 1, never)).fresh, true)
    })

    test('whoever judges a prompt is told that its session has ended; one that was kept before stays known', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const judged: boolean[] = []
      const judge = ({ isOver }: { readonly isOver: boolean }): null => {
        judged.push(isOver)
        return null
      }
      await store.journal.ask(runId('r1'), prompt('501', here), 1, judge)
      // Asked and ended at once: one of them is first, and both know which.
      const ends = store.vault.endSession(here.id, 2)
      await Promise.all([ends, store.journal.ask(runId('r2'), prompt('502', here), 2, judge)])
      await store.journal.ask(runId('r3'), prompt('503', here), 3, judge)
      assert.deepEqual([judged[0], judged.at(-1)], [false, true])
      assert.equal((await store.journal.ask(runId('r4'), prompt('501', here), 4, judge)).run, 'r1')
      assert.equal(judged.length, 3)
    })

    test('a prompt for a session that was never kept, or with a run id of another, is a bug', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await assert.rejects(store.journal.ask(runId('r1'), prompt('501', session('other')), 1, never), isBug)
      await store.journal.ask(runId('r1'), prompt('501', here), 1, never)
      await assert.rejects(store.journal.ask(runId('r1'), prompt('502', here), 1, never), isBug)
      assert.equal(await store.journal.find(promptKey('502')), null)
    })

    test('all entries have one order over all runs, and a run is read from any point on', async () => {
      await using store = await open()
      const seqs: Seq[] = []
      const runs = ['r1', 'r2', 'r3']
      for (const [nth, id] of runs.entries()) {
        const here = await keep(store.vault, session(`s${nth}`, thread(`20${nth}`)))
        await begin(store, runId(id), here, `50${nth}`)
      }
      for (let round = 0; round < 5; round++) {
        for (const id of runs) {
          const entries = await store.journal.append(runId(id), [events.said('a'), events.said('b')], round)
          seqs.push(...entries.map((entry) => entry.seq))
        }
      }
      assert.deepEqual(
        seqs,
        [...new Set(seqs)].sort((a, b) => a - b),
      )
      const all = await store.journal.read(runId('r2'))
      assert.deepEqual(
        all.map((entry) => entry.event.type),
        ['asked', 'admitted', 'started', ...Array.from({ length: 10 }, () => 'said')],
      )
      for (const [nth, entry] of all.entries()) {
        assert.deepEqual(await store.journal.read(runId('r2'), entry.seq), all.slice(nth + 1))
      }
    })

    test('what the lifecycle does not allow is left out, and the caller is told what was written', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501', cursor('10'))
      const before = await store.journal.read(runId('r1'))
      const written: RunEvent[] = []
      const batches: readonly (readonly [readonly RunEvent[], readonly RunEvent[]])[] = [
        [[{ type: 'asked', prompt: prompt('502', here) }], []],
        [[events.started], []],
        [[events.said('kept'), events.answered('nobody-asked')], [events.said('kept')]],
        [
          [events.stopped, events.wanted('q1'), events.stopped, events.said('last')],
          [events.stopped, events.said('last')],
        ],
        [[events.done, events.said('after the end'), events.done], [events.done]],
        [[events.stopped], []],
      ]
      for (const [nth, [batch, fits]] of batches.entries()) {
        const entries = await store.journal.append(runId('r1'), batch, 9, { cursor: cursor(String(20 + nth)) })
        assert.deepEqual(
          entries.map(({ event }) => event),
          fits,
        )
        written.push(...fits)
        // What was read of the output was read, also when nothing of it counts.
        if (nth < 4) assert.equal((await store.journal.find(promptKey('501')))?.cursor, String(20 + nth))
      }
      await assert.rejects(store.journal.append(runId('nobody'), [events.started], 9), isBug)
      const now = await store.journal.read(runId('r1'))
      assert.deepEqual(
        now.slice(before.length).map(({ event }) => event),
        written,
      )
    })

    test('two who write to one run at once: the lifecycle is looked at in the order of their commits', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      const given = await Promise.all([
        store.journal.append(runId('r1'), [events.stopped], 9),
        store.journal.append(runId('r1'), [events.said('a'), events.wanted('q1')], 9, { cursor: cursor('10') }),
        store.journal.append(runId('r1'), [{ ...events.stopped, by: 'bob' }], 9),
        store.journal.append(runId('r1'), [events.done], 9),
        store.journal.append(runId('r1'), [events.answered('q1')], 9),
      ])
      assert.deepEqual(
        given.map((entries) => entries.map(({ event }) => event.type)),
        [['stopped'], ['said'], [], ['finished'], []],
      )
    })

    test('the journal is read on from a position, in one order, and it says when there is something new', async () => {
      await using store = await open()
      let looks = 0
      using _listening = store.wake.subscribe(() => looks++)
      assert.equal(await store.journal.position(), 0)
      assert.deepEqual(await store.journal.after(0, 10), [])
      const runs = ['r1', 'r2'].map(runId)
      for (const [nth, run] of runs.entries()) {
        await begin(store, run, await keep(store.vault, session(`s${nth}`, thread(`20${nth}`))), `50${nth}`)
      }
      const all = await store.journal.after(0, 100)
      assert.deepEqual(
        all.map(({ run, event }) => `${run} ${event.type}`),
        ['r1 asked', 'r1 admitted', 'r1 started', 'r2 asked', 'r2 admitted', 'r2 started'],
      )
      assert.equal(await store.journal.position(), all.at(-1)?.seq)
      for (const [nth, { seq }] of all.entries()) {
        assert.deepEqual(await store.journal.after(seq, 2), all.slice(nth + 1, nth + 3))
      }
      const there = { ...session('far', thread('300')), worker: 'w1' as WorkerId }
      await begin(store, runId('r3'), await keep(store.vault, there), '503')
      await store.journal.append(runId('r1'), [events.done], 2)
      const theirs = await store.journal.after(0, 100, there.worker)
      assert.deepEqual([...new Set(theirs.map(({ run }) => run))], [runId('r3')])
      assert.equal(theirs.length, 3)
      assert.deepEqual(await store.journal.after(theirs[0]?.seq ?? 0, 1, there.worker), theirs.slice(1, 2))
      assert.deepEqual(await store.journal.after(0, 100, 'w2' as WorkerId), [])
      assert.ok(looks >= 6, `${looks} looks`)
      await using again = await store.reopen()
      assert.equal(await again.journal.position(), (await again.journal.after(0, 100)).at(-1)?.seq)
    })

    test('a run is found by its id, also when it is over', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      assert.deepEqual(await store.journal.run(runId('r1')), await store.journal.find(promptKey('501')))
      await store.journal.append(runId('r1'), [events.done], 2)
      assert.equal((await store.journal.run(runId('r1')))?.state, 'over')
      assert.equal(await store.journal.run(runId('r2')), null)
    })

    test('words that nobody heard are known until they are heard or asked', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      const word = { ...events.steered, heard: false }
      assert.deepEqual(await store.journal.unheard(0), [])
      await store.journal.append(runId('r1'), [word], 20)
      const other = { ...word, steer: { ...word.steer, key: promptKey('78') } }
      await store.journal.append(runId('r1'), [other], 21)
      assert.deepEqual(await store.journal.unheard(0), ['r1'])
      assert.deepEqual(await store.journal.unheard(22), [], 'it was long ago')
      await store.journal.append(runId('r1'), [{ ...word, heard: true }, events.done], 30)
      assert.deepEqual(await store.journal.unheard(0), ['r1'])
      await store.journal.ask(runId('r2'), prompt('78', here), 31, never)
      assert.deepEqual(await store.journal.unheard(0), [])
    })

    test('an append that expects another state does nothing', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      const options = { expect: 'waiting', cursor: cursor('99') } as const
      assert.deepEqual(await store.journal.append(runId('r1'), [events.stopped], 9, options), [])
      const found = await store.journal.find(promptKey('501'))
      assert.deepEqual([found?.state, found?.cursor], ['running', null])
      const entries = await store.journal.append(runId('r1'), [events.stopped], 9, { expect: 'running' })
      assert.equal(entries.length, 1)
    })

    test('the cursor goes with the events, alone too, and is forgotten when the attempt is lost', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      const cursorNow = async (): Promise<Cursor | null> => (await store.journal.openOf(here.id))[0]?.cursor ?? null
      await store.journal.append(runId('r1'), [events.said('a')], 1, { cursor: cursor('10') })
      assert.equal(await cursorNow(), '10')
      await store.journal.append(runId('r1'), [events.said('b')], 2)
      assert.equal(await cursorNow(), '10')
      assert.deepEqual(await store.journal.append(runId('r1'), [], 3, { cursor: cursor('20') }), [])
      assert.equal(await cursorNow(), '20')
      await store.journal.append(runId('r1'), [events.lost], 4, { cursor: cursor('30') })
      assert.equal(await cursorNow(), null)
      const [claimed] = await store.journal.claim(everyone, 5)
      assert.equal(claimed?.attempt, 2)
      assert.equal(await cursorNow(), null)
    })

    test('questions survive reopening: only the open ones may be answered, one leaves it asking', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      await begin(store, runId('r1'), here, '501')
      await store.journal.append(runId('r1'), [events.wanted('q1'), events.wanted('q2')], 2)
      await using again = await store.reopen()
      await again.journal.append(runId('r1'), [events.answered('q2')], 3)
      assert.equal((await again.journal.find(promptKey('501')))?.state, 'asking')
      assert.deepEqual(await again.journal.append(runId('r1'), [events.answered('q2')], 4), [])
      await again.journal.append(runId('r1'), [events.answered('q1')], 5)
      assert.equal((await again.journal.find(promptKey('501')))?.state, 'running')
    })

    test('open runs of all and of one session, oldest first', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const there = await keep(store.vault, session('two', thread('201')))
      await begin(store, runId('z'), here, '501')
      await store.journal.ask(runId('m'), prompt('502', there), 2, never)
      await store.journal.ask(runId('a'), prompt('503', here), 3, never)
      const names = (runs: readonly { readonly run: RunId }[]): readonly string[] => runs.map((each) => each.run)
      assert.deepEqual(names(await store.journal.open()), ['z', 'm', 'a'])
      assert.deepEqual(names(await store.journal.openOf(here.id)), ['z', 'a'])
      await store.journal.append(runId('z'), [events.done], 4)
      assert.deepEqual(names(await store.journal.open()), ['m', 'a'])
      assert.deepEqual(names(await store.journal.openOf(sessionId('nobody'))), [])
      assert.equal((await store.journal.find(promptKey('501')))?.state, 'over', 'found although it is over')
      assert.equal(await store.journal.find(promptKey('999')), null)
    })

    test('recent durations: from the first start to the end, the latest end first', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const took = async (id: string, key: string, from: number, to: number): Promise<void> => {
        await store.journal.ask(runId(id), prompt(key, here), 0, never)
        await store.journal.claim(everyone, 1)
        await store.journal.append(runId(id), [events.started], from)
        await store.journal.append(runId(id), [events.done], to)
      }
      await took('r1', '501', 100, 1_100)
      await took('r2', '502', 5_000, 5_020)
      // A clock that was set back.
      await took('r3', '503', 9_000, 8_000)
      await store.journal.ask(runId('r4'), prompt('504', here), 0, () => ({ code: 'draining' }))
      await begin(store, runId('r5'), here, '505')
      await store.journal.append(runId('r5'), [events.lost], 40)
      await store.journal.claim(everyone, 50)
      await store.journal.append(runId('r5'), [events.started], 60)
      await store.journal.append(runId('r5'), [events.done], 70)
      assert.deepEqual(await store.journal.recentDurations(10), [70, 0, 20, 1_000])
      assert.deepEqual(await store.journal.recentDurations(2), [70, 0])
      // Of all sessions, what was never begun left out; the clock counts for nothing.
      const latest = await store.journal.latest(3)
      assert.deepEqual(
        latest.map(({ run, prompt: { key } }) => [run, key]),
        [
          ['r5', '505'],
          ['r3', '503'],
          ['r2', '502'],
        ],
      )
    })

    test('what has ended stands on the list of each reader, in the order in which it ended, until that is done with it', async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const there = await keep(store.vault, session('two', thread('201')))
      await begin(store, runId('r1'), here, '501')
      await begin(store, runId('r2'), there, '502')
      await store.journal.ask(runId('r3'), prompt('503', here), 1, never)
      assert.deepEqual(await store.journal.ended('branches', 10), [])
      await store.journal.append(runId('r2'), [events.done], 2)
      await store.journal.append(runId('r1'), [events.failed], 3)
      await store.journal.append(runId('r3'), [events.stopped], 4)
      assert.deepEqual(await store.journal.ended('transcripts', 10), ['r2', 'r1', 'r3'])
      assert.deepEqual(await store.journal.ended('transcripts', 1), ['r2'])
      await store.journal.doneWith('transcripts', [runId('r1'), runId('r9')])
      await store.journal.doneWith('transcripts', [])
      assert.deepEqual(await store.journal.lastOf(here.id, 5), ['r3', 'r1'])
      assert.deepEqual(await store.journal.lastOf(here.id, 1), ['r3'])
      await using again = await store.reopen()
      assert.deepEqual(await again.journal.ended('transcripts', 10), ['r2', 'r3'])
      assert.deepEqual(await again.journal.ended('branches', 10), ['r2', 'r1', 'r3'], 'each reader has its own list')
    })

    test("a session's conversation follows its runs", async () => {
      await using store = await open()
      const here = await keep(store.vault, session('one'))
      const conversation = async (): Promise<unknown> => (await store.vault.session(here.id))?.conversation
      const known = { id: 'cli-1', transcript: '/home/ann/t.jsonl' }
      await store.journal.ask(runId('r1'), prompt('501', here), 0, never)
      await store.journal.claim(everyone, 1)
      await store.journal.append(runId('r1'), [{ ...events.started, conversation: known }], 2)
      assert.deepEqual(await conversation(), known)
      await store.journal.append(runId('r1'), [events.done], 3)
      await begin(store, runId('r2'), here, '502')
      assert.deepEqual(await conversation(), known, 'a start that names none leaves it')
      const trouble = { code: 'conversation-gone', detail: 'No conversation found' } as const
      await store.journal.append(
        runId('r2'),
        [{ type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }],
        4,
      )
      assert.equal(await conversation(), null, 'one that is gone is set aside')
    })
  })
}
