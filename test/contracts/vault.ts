import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Posting } from '../../src/core/message.ts'
import type { PastRefusal } from '../../src/core/past-refusal.ts'
import type { Note } from '../../src/core/note.ts'
import type { Wallboard } from '../../src/core/wallboard.ts'
import { composeSessionKey } from '../../src/core/place.ts'
import { messageId, person, placeId, prompt, runId, session, sessionId, thread } from '../stores/cast.ts'
import type { StoreUnderTest } from './ground.ts'

const posting: Posting = {
  owner: 'run:r1',
  role: '0',
  place: thread('200'),
  nonce: 'nonce-1',
  at: 100,
  message: null,
  postedAt: null,
  shown: '',
  end: 0,
  frozen: false,
  over: false,
  plainness: 0,
  refused: '',
  closedSince: null,
}

/** What any vault must do, whatever it writes to. `open` gives a store with nothing in it. */
export function vaultContract(name: string, open: () => Promise<StoreUnderTest>): void {
  suite(`vault: ${name}`, () => {
    test('a session is kept as it is, also after reopening', async () => {
      await using store = await open()
      const plain = session('one')
      const full = session(
        '둘_2',
        { kind: 'dm', id: placeId('300') },
        {
          model: 'opus',
          conversation: { id: 'cli-1', transcript: '/t.jsonl' },
        },
      )
      assert.equal(await store.vault.addSession(plain), 'added')
      assert.equal(await store.vault.addSession(full), 'added')
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.session(plain.id), plain)
      assert.deepEqual(await again.vault.sessionAt(full.key), full)
      assert.deepEqual(await again.vault.liveSessions(), [plain, full])
      assert.equal(await again.vault.session(sessionId('nobody')), null)
      assert.equal(await again.vault.sessionAt(composeSessionKey(thread('999'))), null)
    })

    test('of what a person was refused the latest is kept, each by its key, for nobody else', async () => {
      await using store = await open()
      const { refusals } = store.vault
      const past = (key: string, of = person('ann')): PastRefusal => {
        return { key, person: of.id, place: thread('200'), at: Number(key), refusal: { code: 'no-session' } }
      }
      for (let key = 1; key <= 25; key++) await refusals.keep(past(String(key)))
      await refusals.keep(past('30', person('bob')))
      await refusals.keep(past('30', person('ann')))
      await using again = await store.reopen()
      const kept = again.vault.refusals
      assert.deepEqual(await kept.of(person('ann').id, null), past('25'))
      assert.deepEqual(await kept.of(person('ann').id, '6'), past('6'))
      assert.equal(await kept.of(person('ann').id, '5'), null)
      assert.equal(await kept.of(person('ann').id, '30'), null)
      assert.deepEqual(await kept.of(person('bob').id, '30'), past('30', person('bob')))
      assert.equal(await kept.of(person('cid').id, null), null)
    })

    test('a live session has its place and its name for itself; an ended one gives both back', async () => {
      await using store = await open()
      const first = session('one')
      await store.vault.addSession(first)
      const sameKey = session('two')
      const sameName = session('one', thread('201'), { id: sessionId('another') })
      assert.equal(await store.vault.addSession(sameKey), 'key-taken')
      assert.equal(await store.vault.addSession(sameName), 'name-taken')
      assert.deepEqual(await store.vault.liveSessions(), [first])
      await store.vault.endSession(first.id, 2_000)
      await store.vault.endSession(first.id, 3_000)
      assert.equal((await store.vault.session(first.id))?.endedAt, 2_000)
      assert.equal(await store.vault.sessionAt(first.key), null)
      assert.equal(await store.vault.addSession(sameName), 'added')
      assert.equal(await store.vault.addSession(sameKey), 'added')
    })

    test('the same session once more is no clash with itself', async () => {
      await using store = await open()
      assert.equal(await store.vault.addSession(session('one')), 'added')
      assert.equal(await store.vault.addSession(session('one')), 'added')
      assert.equal((await store.vault.liveSessions()).length, 1)
    })

    test('of several that want one place at once, one gets it', async () => {
      await using store = await open()
      const wishes = ['a', 'b', 'c', 'd'].map((name) => store.vault.addSession(session(name)))
      assert.deepEqual((await Promise.all(wishes)).sort(), ['added', 'key-taken', 'key-taken', 'key-taken'])
    })

    test('a session is changed while it rests, and only then', async () => {
      await using store = await open()
      const here = session('one')
      await store.vault.addSession(here)
      const worktree = {
        repository: '/r',
        folder: '/w/one',
        branch: 'omc/one',
        base: null,
        borrows: ['/r/.git/objects'],
      }
      assert.equal(await store.vault.changeSession(here.id, { workdir: '/w/one', worktree }), true)
      assert.deepEqual(await store.vault.worktrees(), [worktree])
      await store.journal.ask(runId('r1'), prompt('501', here), 1, () => null)
      assert.equal(await store.vault.changeSession(here.id, { model: 'opus' }), false, 'a run waits')
      await store.journal.append(runId('r1'), [{ type: 'stopped', by: null }], 2)
      assert.equal(await store.vault.changeSession(here.id, { model: 'opus' }), true)
      assert.equal(await store.vault.changeSession(here.id, { model: null, worktree: null, trusted: true }), true)
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.session(here.id), { ...here, workdir: '/w/one', trusted: true })
      await again.vault.endSession(here.id, 3)
      assert.equal(await again.vault.changeSession(here.id, { model: 'haiku' }), false, 'it has ended')
    })

    test('every worktree that a session had is known once', async () => {
      await using store = await open()
      const worktree = { repository: '/r', folder: '/w/one', branch: 'omc/one', base: 'abc', borrows: null }
      const first = session('one', thread('201'), { worktree })
      await store.vault.addSession(first)
      await store.vault.endSession(first.id, 2)
      await store.vault.addSession(session('one', thread('202'), { id: sessionId('again'), worktree }))
      assert.deepEqual(await store.vault.worktrees(), [worktree])
    })

    test('a place is attached to one session at a time', async () => {
      await using store = await open()
      const { attachedPlaces } = store.vault
      const place = thread('900')
      const key = composeSessionKey(place)
      const attached = {
        key,
        place,
        session: sessionId('one'),
        by: person('ann').id,
        since: messageId('600'),
        at: 7,
      }
      assert.equal(await attachedPlaces.at(key), null)
      await attachedPlaces.set(attached)
      await attachedPlaces.set({ ...attached, session: sessionId('two') })
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.attachedPlaces.all(), [{ ...attached, session: sessionId('two') }])
      await again.vault.attachedPlaces.remove(key)
      await again.vault.attachedPlaces.remove(key)
      assert.equal(await again.vault.attachedPlaces.at(key), null)
    })

    test('a reader of the journal finds its mark again', async () => {
      await using store = await open()
      assert.equal(await store.vault.reached('transcripts'), 0)
      await store.vault.reach('transcripts', 41)
      await store.vault.reach('transcripts', 42)
      await using again = await store.reopen()
      assert.equal(await again.vault.reached('transcripts'), 42)
      assert.equal(await again.vault.reached('another'), 0)
    })

    test('the mark of a place only moves forward, by number and not by letter', async () => {
      await using store = await open()
      const here = placeId('200')
      assert.equal(await store.vault.seenIn(here), null)
      const marks: readonly (readonly [string, string])[] = [
        ['999999999999999999', '999999999999999999'],
        ['1000000000000000000', '1000000000000000000'],
        ['999999999999999999', '1000000000000000000'],
        ['1000000000000000001', '1000000000000000001'],
        ['1000000000000000001', '1000000000000000001'],
      ]
      for (const [message, mark] of marks) {
        await store.vault.saw(here, messageId(message))
        assert.equal(await store.vault.seenIn(here), mark)
      }
      assert.equal(await store.vault.seenIn(placeId('201')), null)
      await using again = await store.reopen()
      assert.equal(await again.vault.seenIn(here), '1000000000000000001')
    })

    test('it remembers when it was last alive', async () => {
      await using store = await open()
      assert.equal(await store.vault.lastAlive(), null)
      await store.vault.alive(1_800_000_000_000)
      await store.vault.alive(1_800_000_000_500)
      await using again = await store.reopen()
      assert.equal(await again.vault.lastAlive(), 1_800_000_000_500)
    })

    test('a channel has one wallboard, which is forgotten only while it is that one', async () => {
      await using store = await open()
      const { boards } = store.vault
      const place = { kind: 'channel', id: placeId('200'), guild: '100' } as const
      const first: Wallboard = { place, locale: 'ko', key: 'b.1', at: 5 }
      const second: Wallboard = { ...first, key: 'b.2', at: 6 }
      await boards.put(first)
      assert.deepEqual(await boards.all(), [first])
      await boards.put(second)
      await boards.forget(first)
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.boards.all(), [second])
      await again.vault.boards.forget(second)
      assert.deepEqual(await again.vault.boards.all(), [])
    })

    test('once is once, however many ask at once and whenever', async () => {
      await using store = await open()
      const asked = await Promise.all(Array.from({ length: 10 }, (_, at) => store.vault.once('notice:200', at)))
      assert.equal(asked.filter(Boolean).length, 1)
      assert.equal(await store.vault.once('notice:201', 1), true)
      assert.equal(await store.vault.saidAt('notice:201'), 1)
      assert.equal(await store.vault.saidAt('notice:202'), null)
      await using again = await store.reopen()
      assert.equal(await again.vault.once('notice:200', 99), false)
    })

    test('a message is kept as it is last known, each in its place', async () => {
      await using store = await open()
      const { postings } = store.vault
      assert.deepEqual(await postings.of('run:r1'), [])
      await postings.keep(posting)
      const posted: Posting = {
        ...posting,
        message: messageId('700'),
        postedAt: 150,
        shown: 'h2',
        end: 12,
        frozen: true,
        over: true,
        plainness: 2,
        refused: 'h1',
        closedSince: 140,
      }
      await postings.keep({ ...posting, role: '1', at: null })
      await postings.keep(posted)
      await postings.keep({ ...posting, owner: 'board:200' })
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.postings.of('run:r1'), [posted, { ...posting, role: '1', at: null }])
      await again.vault.postings.forget('run:r1', '0')
      await again.vault.postings.forget('run:r1', '0')
      assert.deepEqual(await again.vault.postings.of('run:r1'), [{ ...posting, role: '1', at: null }])
    })

    test('whoever is settled is unsettled again by the next message that is kept', async () => {
      await using store = await open()
      const { postings } = store.vault
      await postings.keep(posting)
      await postings.keep({ ...posting, owner: 'approval:t1' })
      await postings.settled('run:r1')
      assert.deepEqual(await postings.unsettled(), ['approval:t1'])
      await postings.keep({ ...posting, shown: 'h2' })
      assert.deepEqual(await postings.unsettled(), ['run:r1', 'approval:t1'])
    })

    test('a note is kept once, and waits to be said', async () => {
      await using store = await open()
      const note: Note = { key: 'no:1', place: thread('200'), text: "아니요 '", replyTo: messageId('5'), mention: null }
      assert.deepEqual(
        await Promise.all([store.vault.postings.note(note, 'n1'), store.vault.postings.note(note, 'n1')]),
        [true, false],
      )
      assert.equal(await store.vault.postings.note({ ...note, text: 'another' }, 'n2'), false)
      await using again = await store.reopen()
      const { postings } = again.vault
      assert.deepEqual(await postings.noted('no:1'), note)
      assert.equal(await postings.noted('no:2'), null)
      assert.deepEqual(await postings.unsettled(), ['note:no:1'])
      const [known] = await postings.of('note:no:1')
      assert.deepEqual([known?.nonce, known?.at, known?.message], ['n1', null, null])
      await postings.keep({ ...posting, owner: 'note:no:1', role: 'note', message: messageId('9') })
      await postings.settled('note:no:1')
      assert.deepEqual(await postings.noted('no:1'), note, 'it is known for ever')
      assert.equal(await postings.note(note, 'n1'), false)
      assert.deepEqual(await postings.unsettled(), [])
    })

    test('every run is unsettled from its asking on until it is settled', async () => {
      await using store = await open()
      const here = session('one')
      await store.vault.addSession(here)
      for (const [id, key] of [
        ['z', '501'],
        ['m', '502'],
        ['a', '503'],
      ] as const) {
        await store.journal.ask(runId(id), prompt(key, here), 1, () => null)
      }
      const { postings } = store.vault
      assert.deepEqual(await postings.unsettled(), ['run:z', 'run:m', 'run:a'])
      await postings.settled('run:m')
      await postings.settled('run:m')
      await using again = await store.reopen()
      assert.deepEqual(await again.vault.postings.unsettled(), ['run:z', 'run:a'])
      await again.journal.ask(runId('again'), prompt('502', here), 2, () => null)
      assert.deepEqual(await again.vault.postings.unsettled(), ['run:z', 'run:a'], 'a replayed prompt stays settled')
    })
  })
}
