import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noUsage, type RunEvent } from '../../src/core/event.ts'
import type { RunId } from '../../src/core/ids.ts'
import type { Conduct, Cursor } from '../../src/core/runtime.ts'
import { usualTimings } from '../../src/core/timings.ts'
import { textOf, viewOf } from '../../src/core/view.ts'
import { Conductor } from '../../src/engine/conductor.ts'
import { GroupCommit } from '../../src/engine/group-commit.ts'
import { handOverFor } from '../../src/engine/hand-over.ts'
import { hostClock } from '../../src/system/host.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { events, prompt, quietLog, runId, scratchFolder, session } from '../stores/cast.ts'

const gone: RunEvent = {
  type: 'finished',
  outcome: { kind: 'failed', trouble: { code: 'conversation-gone', detail: 'No conversation found' }, usage: noUsage },
}
const here = session('one', undefined, { conversation: { id: 'cli-1', transcript: null } })

async function open(path: string): Promise<Store> {
  const store = await openStore({ folder: path, clock: hostClock, log: quietLog })
  await store.vault.addSession(here)
  return store
}

/** Leads one attempt whose CLI does this and no more. */
async function attempt(store: Store, run: RunId, told: readonly RunEvent[]): Promise<void> {
  const [claimed] = await store.journal.claim((board) => board.waiting.map((each) => each.run), 1)
  const view = viewOf(await store.journal.read(run))
  assert.ok(claimed !== undefined && view !== null)
  const conduct: Conduct = {
    output: (async function* () {
      for (const [nth, event] of told.entries()) yield { events: [event], cursor: String(nth) as Cursor }
    })(),
    stop: () => Promise.resolve(),
    steer: () => Promise.resolve(false),
    answer: () => Promise.resolve(),
    tell: () => Promise.resolve(),
    hold: () => {},
    pause: () => {},
    goOn: () => {},
  }
  const turn = {
    run,
    attempt: claimed.attempt,
    parks: 0,
    goesOn: false,
    prompt: claimed.prompt,
    session: here,
    files: [],
    handOver: null,
    signature: { author: { name: 'alice', email: 'alice@example.org' }, coAuthors: [], origins: [], barred: null },
  }
  const tools = {
    journal: store.journal,
    vault: store.vault,
    texts: new GroupCommit(hostClock, 100),
    clock: hostClock,
    log: quietLog,
    checkpoint: () => {},
    signal: new AbortController().signal,
    timings: usualTimings,
    signature: async () => turn.signature,
    logins: { failed: () => false, served: () => {} },
  }
  await new Conductor(turn, conduct, { sign: () => {} }, tools).done
}

describe('a conversation that is gone', () => {
  it('gets the prompt a second attempt without it, and no third', async () => {
    await using folder = await scratchFolder()
    await using store = await open(folder.path)
    const run = runId('r1')
    await store.journal.ask(run, prompt('501', here), 1, () => null)
    await attempt(store, run, [gone])
    assert.equal((await store.journal.find(prompt('501', here).key))?.state, 'waiting')
    assert.equal((await store.vault.session(here.id))?.conversation, null)
    await attempt(store, run, [gone])
    const view = viewOf(await store.journal.read(run))
    assert.equal(view?.run.state, 'over')
    assert.equal(view?.forgotten, 'lost')
    assert.equal(view?.outcome?.kind === 'failed' && view.outcome.trouble.code, 'conversation-gone')
  })

  it('is handed over by its last turns, in order and in few words', async () => {
    await using folder = await scratchFolder()
    await using store = await open(folder.path)
    assert.equal(await handOverFor(store.journal, here), null, 'it is there')
    const fresh = { ...here, conversation: null }
    assert.equal(await handOverFor(store.journal, fresh), null, 'nothing was said')
    for (let nth = 0; nth < 12; nth++) {
      const run = runId(`r${nth}`)
      const asked = { ...prompt(String(500 + nth), here), text: `question ${nth} ${'q'.repeat(900)}` }
      await store.journal.ask(run, asked, 1, () => null)
      const said = events.said(`${'a'.repeat(2000)} answer ${nth}`, 'b1', true)
      await attempt(store, run, [events.started, said, nth === 11 ? events.failed : events.done])
      assert.match(textOf(viewOf(await store.journal.read(run)) as never), /answer/)
    }
    const told = (await handOverFor(store.journal, fresh)) ?? ''
    assert.ok(told.length <= 4000 && told.length > 1500, `${told.length}`)
    const answers = [...told.matchAll(/answer (\d+)/g)].map(([, nth]) => Number(nth))
    assert.deepEqual(answers, [10, 11])
    assert.match(told, /did not come to its end/)
  })
})
