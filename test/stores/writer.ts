import { writeSync } from 'node:fs'
import type { Entry } from '../../src/core/event.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import type { Session } from '../../src/core/session.ts'
import { openStore } from '../../src/stores/open.ts'
import { events, prompt, quietLog, realClock, runId, session, thread } from './cast.ts'

/**
 * A bot that does nothing but write, until it is killed: prompts, claims, text, questions, ends, losses. After each
 * promise that resolved it says on stdout what it was promised. Arguments: the folder, and the number of this life.
 */
const [folder = '', life = ''] = process.argv.slice(2)
const store = await openStore({ folder, clock: realClock, log: quietLog })
const sessions = ['one', 'two', 'three'].map((name, nth) => session(name, thread(`20${nth}`)))
for (const each of sessions) await store.vault.addSession(each)

function promised(entries: readonly Entry[], cursor?: string): void {
  for (const { run, seq, at, event } of entries) say({ run, seq, at, event })
  if (cursor !== undefined) say({ cursor, run: entries[0]?.run })
}

function say(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`)
}

// What the last life left open is led to its end first, as recovery does.
for (const { run, state } of await store.journal.open()) {
  promised(await store.journal.append(run, state === 'waiting' ? [events.refused] : [events.failed], Date.now()))
}
await Promise.all(sessions.map(write))

/** Run after run in one session. Several sessions write at once, so that their writes share commits. */
async function write(here: Session): Promise<never> {
  for (let nth = 0; ; nth++) {
    const run = runId(`${here.name}-${life}-${nth}`)
    const key = `${here.place.id}${life}${1_000_000 + nth}`
    promised((await store.journal.ask(run, prompt(key, here), Date.now(), () => null)).entries)
    const claimed = await store.journal.claim((board) => board.waiting.map((each) => each.run), Date.now())
    promised(claimed.map((each) => each.entry))
    promised(await store.journal.append(run, [events.started], Date.now()))
    for (let word = 0; word < 5; word++) {
      const cursor = `${run}-${word}`
      const said = [events.said(`word ${word} `), events.said('and more', 'b2')]
      promised(await store.journal.append(run, said, Date.now(), { cursor: cursor as Cursor }), cursor)
    }
    promised(await store.journal.append(run, [events.wanted('q1')], Date.now()))
    promised(await store.journal.append(run, [events.answered('q1'), events.done], Date.now()))
  }
}
