import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunId } from '../../src/core/ids.ts'
import type { Session } from '../../src/core/session.ts'
import { endReaders } from '../../src/core/journal.ts'
import type { Owner } from '../../src/core/message.ts'
import { viewOf } from '../../src/core/view.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import type { Keep } from '../../src/stores/prune.ts'
import { events, prompt, quietLog, realClock, runId, scratchFolder, session, thread } from './cast.ts'

const day = 86_400_000
const now = Date.UTC(2026, 5, 1)
const keep: Keep = { wordsMs: 30 * day, transcriptsMs: 30 * day, attachmentsMs: 30 * day, copies: 2 }

interface Ground extends AsyncDisposable {
  readonly store: Store
  readonly path: string
  /** A whole run with words and a step, so many days ago. */
  readonly ran: (key: string, of: Session, daysAgo: number, attachment?: string) => Promise<RunId>
  /** A file of the data folder, as old as that. */
  readonly file: (name: string, daysAgo: number) => string
}

async function ground(): Promise<Ground> {
  const folder = await scratchFolder()
  const clock = { ...realClock, now: () => now }
  const store = await openStore({ folder: folder.path, clock, log: quietLog })
  return {
    store,
    path: folder.path,
    async ran(key, of, daysAgo, attachment) {
      const [run, at] = [runId(`run-${key}`), now - daysAgo * day]
      const attachments =
        attachment === undefined ? [] : [{ sha256: attachment, name: 'a', type: 'text/plain', bytes: 1 }]
      await store.journal.ask(run, { ...prompt(key, of), attachments }, at, () => null)
      await store.journal.claim(() => [run], at)
      const said = [
        events.started,
        events.said(`words of ${key}`),
        events.acted('1', 'begun'),
        events.acted('1', 'done'),
      ]
      await store.journal.append(run, [...said, events.done], at)
      await done(store, run)
      return run
    },
    file(name, daysAgo) {
      const path = join(folder.path, name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, 'x'.repeat(1000))
      const at = new Date(now - daysAgo * day)
      utimesSync(path, at, at)
      return path
    },
    async [Symbol.asyncDispose]() {
      await store.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** Everything about it is said, and everybody has dealt with it. */
async function done(store: Store, run: RunId): Promise<void> {
  await store.vault.postings.settled(`run:${run}` as Owner)
  for (const reader of endReaders) await store.journal.doneWith(reader, [run])
}

const spoken = async (store: Store, run: RunId): Promise<string> =>
  (viewOf(await store.journal.read(run))?.blocks ?? []).map(({ text }) => text).join('')

describe('what is old is taken away', () => {
  it('words and steps of runs that are long over; what was asked, came of it and cost stays', async () => {
    await using here = await ground()
    const { store, ran } = here
    const shop = session('shop')
    await store.vault.addSession(shop)
    const old: RunId[] = []
    // One more than are kept of a session whatever their age.
    for (let nth = 0; nth < 22; nth++) old.push(await ran(String(100 + nth), shop, 60 - nth))
    const young = await ran('900', shop, 3)
    assert.equal((await store.prune(keep)).runs, 3)
    assert.equal(await spoken(store, old[0] as RunId), '')
    assert.equal(await spoken(store, old[3] as RunId), 'words of 103', 'a hand-over is made of the latest')
    assert.equal(await spoken(store, young), 'words of 900')
    const view = viewOf(await store.journal.read(old[0] as RunId))
    assert.equal(view?.prompt.text, 'prompt 100')
    assert.equal(view.outcome?.kind, 'done')
    assert.equal((await store.prune(keep)).runs, 0, 'a second time there is nothing left to do')
  })

  it('not while anything about a run is owed, nor when it is to be kept for ever', async () => {
    await using here = await ground()
    const { store, ran } = here
    const ended = session('ended', thread('300'), { endedAt: now - 50 * day })
    await store.vault.addSession(ended)
    const at = now - 60 * day
    const unread = runId('unread')
    await store.journal.ask(unread, prompt('1', ended), at, () => null)
    await store.journal.claim(() => [unread], at)
    await store.journal.append(unread, [events.started, events.said('nobody wrote this down yet'), events.done], at)
    for (let nth = 0; nth < 20; nth++) await ran(String(500 + nth), ended, 2)
    assert.equal((await store.prune(keep)).runs, 0)
    assert.equal(await spoken(store, unread), 'nobody wrote this down yet')
    await done(store, unread)
    assert.equal((await store.prune({ ...keep, wordsMs: null })).runs, 0)
    assert.equal((await store.prune(keep)).runs, 1)
  })

  it('files that nothing refers to, and no others', async () => {
    await using here = await ground()
    const { store, ran, file, path } = here
    const [live, over] = [session('live'), session('over', thread('300'), { endedAt: now - 40 * day })]
    for (const each of [live, over]) await store.vault.addSession(each)
    const sha = (digit: string): string => digit.repeat(64)
    await ran('1', live, 60, sha('a'))
    await ran('2', over, 60, sha('b'))
    await ran('3', over, 10, sha('c'))
    for (const digit of ['a', 'b', 'c', 'd']) file(`attachments/${sha(digit)}`, 60)
    file(`attachments/${sha('e')}`, 5)
    file('attachments/notes.txt', 60)
    file(`transcripts/${live.key}.jsonl`, 60)
    file(`transcripts/${over.key}.jsonl.1`, 60)
    file(`transcripts/${over.key}.jsonl`, 10)
    for (const nth of [1, 2, 3]) file(`orchestrator.sqlite.v${nth}-2026.bak`, 100 - nth)
    const { attachments, transcripts, copies, bytes } = await store.prune(keep)
    assert.deepEqual(
      { attachments, transcripts, copies, bytes },
      { attachments: 2, transcripts: 1, copies: 1, bytes: 4000 },
    )
    const left = readdirSync(join(path, 'attachments')).toSorted()
    assert.deepEqual(left, [sha('a'), sha('c'), sha('e'), 'notes.txt'].toSorted())
    assert.ok(existsSync(join(path, 'transcripts', `${live.key}.jsonl`)), 'its session lives')
    assert.ok(!existsSync(join(path, 'transcripts', `${over.key}.jsonl.1`)))
    assert.ok(!existsSync(join(path, 'orchestrator.sqlite.v1-2026.bak')))
  })
})
