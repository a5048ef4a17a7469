import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Kysely } from 'kysely'
import type { RunEvent } from '../../src/core/event.ts'
import { Problem } from '../../src/core/failure.ts'
import type { Cursor } from '../../src/core/runtime.ts'
import { openStore } from '../../src/stores/open.ts'
import { databaseName } from '../../src/stores/sqlite/database.ts'
import type { Tables } from '../../src/stores/schema.ts'
import { openSqlite } from '../../src/stores/sqlite/sqlite.ts'
import { events, prompt, promptKey, quietLog, realClock, runId, scratchFolder, session, thread } from './cast.ts'
import { assertProjectionsEqualFold } from './projections.ts'
import { fc } from '../random.ts'

const conversation = { id: 'cli-1', transcript: '/t.jsonl' }
const gone: RunEvent = {
  type: 'finished',
  outcome: {
    kind: 'failed',
    trouble: { code: 'conversation-gone', detail: '' },
    usage: { inputTokens: 0, outputTokens: 0, costUsd: null },
  },
}

const anyEvent = fc.constantFrom<RunEvent>(
  events.started,
  { ...events.started, conversation },
  events.said('word'),
  events.acted('t1', 'begun'),
  events.wanted('q1'),
  events.wanted('q2'),
  events.answered('q1'),
  events.answered('q2'),
  events.stopped,
  events.lost,
  events.parked,
  events.metered,
  events.used,
  { type: 'finished', outcome: { kind: 'done', usage: { inputTokens: 9, outputTokens: 4, costUsd: 0.3 } } },
  events.done,
  events.failed,
  gone,
)

const anyDeed = fc.oneof(
  fc.record({ do: fc.constant('ask' as const), session: fc.nat(2), refused: fc.boolean() }),
  fc.record({ do: fc.constant('claim' as const), nth: fc.nat(5) }),
  fc.record({ do: fc.constant('append' as const), nth: fc.nat(5), event: anyEvent, cursor: fc.option(fc.nat(99)) }),
)

test('whatever happens, the projections are what the journal folds to', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyDeed, { minLength: 20, maxLength: 60 }), async (deeds) => {
      await using folder = await scratchFolder()
      const store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
      const sessions = ['one', 'two', 'three'].map((name, nth) => session(name, thread(`20${nth}`)))
      for (const each of sessions) await store.vault.addSession(each)
      let asked = 0
      for (const [at, deed] of deeds.entries()) {
        try {
          if (deed.do === 'ask') {
            const to = sessions[deed.session] ?? session('one')
            const refusal = deed.refused ? ({ code: 'draining' } as const) : null
            await store.journal.ask(runId(`r${asked++}`), prompt(String(500 + asked), to), at, () => refusal)
          } else if (deed.do === 'claim') {
            await store.journal.claim((board) => board.waiting.slice(0, deed.nth).map((each) => each.run), at)
          } else {
            const open = await store.journal.open()
            const run = open[deed.nth % Math.max(1, open.length)]?.run ?? runId('nobody')
            const options = deed.cursor === null ? {} : { cursor: String(deed.cursor) as Cursor }
            await store.journal.append(run, [deed.event], at, options)
          }
        } catch (error) {
          // What may not happen was tried as well; it must have left no trace.
          assert.ok(error instanceof Problem && error.kind === 'bug', String(error))
        }
      }
      await store.close()
      assert.equal(await assertProjectionsEqualFold(folder.path), asked)
    }),
    { numRuns: 25 },
  )
})

test('a projection that went wrong is put right', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  await store.vault.addSession(session('one'))
  await store.journal.ask(runId('r1'), prompt('501', session('one')), 1, () => null)
  await store.close()
  await tamper(folder.path, "update runs set state = 'over'")
  await assert.rejects(assertProjectionsEqualFold(folder.path), assert.AssertionError)
  await using again = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  assert.equal((await again.journal.find(promptKey('501')))?.state, 'waiting')
})

test('a damaged row is named', async () => {
  await using folder = await scratchFolder()
  await using store = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
  await store.vault.addSession(session('one'))
  await store.journal.ask(runId('r1'), prompt('501', session('one')), 1, () => null)
  await store.close()
  for (const json of ['{"type":', '[', '7', 'null', '{"type":"lost"}']) {
    await tamper(folder.path, `update run_events set json = '${json}' where seq = 1`)
    await using again = await openStore({ folder: folder.path, clock: realClock, log: quietLog })
    await assert.rejects(
      again.journal.read(runId('r1')),
      (error) => error instanceof Problem && /run_events 1/.test(error.message),
    )
    await assert.rejects(again.journal.open(), /run_events 1/)
  }
})

async function tamper(folder: string, sql: string): Promise<void> {
  const sqlite = openSqlite(join(folder, databaseName))
  const db = new Kysely<Tables>({ dialect: sqlite.dialect })
  sqlite.raw.exec(sql)
  await db.destroy()
  if (sqlite.raw.isOpen) sqlite.raw.close()
}
