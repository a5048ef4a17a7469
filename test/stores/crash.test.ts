import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Entry } from '../../src/core/event.ts'
import { viewOf } from '../../src/core/view.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { chance } from '../random.ts'
import { quietLog, realClock, scratchFolder } from './cast.ts'
import { assertProjectionsEqualFold } from './projections.ts'

const writer = fileURLToPath(new URL('./writer.ts', import.meta.url))
const lives = 20

type Said = Entry | { readonly run: string; readonly cursor: string }

test('kill -9 at any moment: everything that was promised is there, and the tables agree with it', async (t) => {
  await using folder = await scratchFolder()
  const promised = new Map<number, Entry>()
  for (let life = 1; life <= lives; life++) {
    const said = await liveAndDie(folder.path, life)
    for (const each of said) if ('seq' in each) promised.set(each.seq, each)

    await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
    assert.equal(store.starts, life * 2, 'the killed life counts, and so does this one')
    for (const run of new Set(said.map((each) => each.run))) {
      const entries = await store.journal.read(run as Entry['run'])
      for (const entry of said) {
        if ('seq' in entry && entry.run === run) {
          const kept = entries.find((each) => each.seq === entry.seq)
          assert.deepEqual(kept, entry)
        }
      }
      // Batches are whole: both pieces of a batch of text or none.
      const pieces = entries.filter((entry) => entry.event.type === 'said').length
      assert.equal(pieces % 2, 0, `half a batch in ${run}`)
      assert.notEqual(viewOf(entries), null)
    }
    await assertCursors(said, store)
    await store.close()
    await assertProjectionsEqualFold(folder.path)
  }
  t.diagnostic(`${promised.size} promised entries over ${lives} lives`)
  assert.ok(promised.size > lives * 3, 'the writers did write')
})

/** The cursor of a run at work is the last one promised, or a later one: never an earlier one, never of another run. */
async function assertCursors(said: readonly Said[], store: Store): Promise<void> {
  const words = (cursor: string | null): number => Number(cursor?.split('-')[3] ?? -1)
  for (const open of await store.journal.open()) {
    const last = said.findLast((each) => 'cursor' in each && each.run === open.run)
    if (last !== undefined && 'cursor' in last) assert.ok(words(open.cursor) >= words(last.cursor))
    if (open.cursor !== null) assert.ok(open.cursor.startsWith(open.run))
    const pieces = (await store.journal.read(open.run)).filter((entry) => entry.event.type === 'said').length
    assert.equal(pieces, (words(open.cursor) + 1) * 2, 'cursor and events went together')
  }
}

/** Starts a writer, lets it write for a random while, kills it. Gives what it was promised. */
async function liveAndDie(folder: string, life: number): Promise<readonly Said[]> {
  // SQLite makes a file there and takes its name away at once; who dies in between leaves it.
  const env = { ...process.env, TMPDIR: folder }
  const child = spawn(process.execPath, [writer, folder, String(life)], { stdio: ['ignore', 'pipe', 'pipe'], env })
  const ended = once(child, 'exit')
  let trouble = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (trouble += text))
  const said: Said[] = []
  const lines = createInterface({ input: child.stdout })
  const closed = once(lines, 'close')
  const enough = 3 + chance.between(0, 149)
  lines.on('line', (line) => {
    // Once it has begun to write, death comes at a moment that has nothing to do with what it is doing.
    if (said.push(JSON.parse(line) as Said) === enough) void pause(chance.next() * 8).then(() => child.kill('SIGKILL'))
  })
  const [, signal] = (await ended) as [number | null, string | null]
  await closed
  assert.equal(signal, 'SIGKILL', `the writer ended by itself: ${trouble}`)
  return said
}
