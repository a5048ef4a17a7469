import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { move } from '../../src/cli/move.ts'
import { Problem } from '../../src/core/failure.ts'
import type { WorkerId } from '../../src/core/ids.ts'
import { moveToPostgres, moveToSqlite } from '../../src/stores/move.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { events, person, prompt, quietLog, realClock, runId, scratchFolder, session, thread } from './cast.ts'
import { noPostgres, startCluster, type Cluster } from './cluster.ts'

const program = join(import.meta.dirname, 'move-and-die.ts')

/** Everything of a store that can be compared. */
async function told(store: Store) {
  const { journal, vault } = store
  return JSON.stringify({
    lines: await journal.after(0, 10_000),
    open: await journal.open(),
    sessions: await vault.liveSessions(),
    grants: await vault.grants.all(),
    ended: await journal.ended('transcripts', 100),
  })
}

describe('moving between SQLite and PostgreSQL', { skip: noPostgres() }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster()))
  after(() => cluster[Symbol.asyncDispose]())

  const opens = (folder: string, url: string | null = null) =>
    openStore({ folder, url, clock: realClock, log: quietLog })

  /** A folder with something in many tables, and texts that PostgreSQL has its own mind about. */
  async function filled(folder: string): Promise<string> {
    await using store = await opens(folder)
    for (let nth = 0; nth < 3; nth++) {
      const here = session(`s${nth}`, thread(`${2_000 + nth}`))
      await store.vault.addSession(here)
      await store.vault.grants.set({
        person: person(`p${nth}`).id,
        scope: { kind: 'global' },
        tier: 'owner',
        by: person('ann').id,
        at: nth,
      })
      const run = runId(`r${nth}`)
      await store.journal.ask(run, prompt(`50${nth}`, here), 1, () => null)
      await store.journal.claim(() => [run], 1)
      await store.journal.append(
        run,
        [events.started, events.said(`a NUL \0, half of a pair \ud800 and 한국어 ${nth}`)],
        1,
      )
      if (nth < 2) await store.journal.append(run, [events.done], 2)
    }
    // More than comes over at once.
    await store.journal.append(
      runId('r2'),
      Array.from({ length: 2_345 }, (_, nth) => events.said(`${nth}`)),
      3,
    )
    return await told(store)
  }

  const refused = (what: RegExp) => (error: unknown) =>
    error instanceof Problem && error.kind === 'refused' && what.test(error.message)

  test('there and back: everything is as it was, new things come behind it, and neither place is used by mistake', async () => {
    await using folder = await scratchFolder()
    const [url, other] = [await cluster.fresh(), await cluster.fresh()]
    const before = await filled(folder.path)
    const said: string[] = []
    const moves = (to: 'postgresql' | 'sqlite', databaseUrl: string | null = url) =>
      move({ to, dataFolder: folder.path, databaseUrl, say: (line) => said.push(line) })
    await assert.rejects(moves('postgresql', null), refused(/OMC_DATABASE_URL in \.env/))
    await assert.rejects(moves('sqlite'), refused(/orchestrator\.sqlite is there already/))
    {
      await using _bot = await opens(folder.path)
      await assert.rejects(moves('postgresql'), refused(/A bot \(pid \d+\).*stop --all/))
    }
    await moves('postgresql')
    assert.match(said.join('\n'), /\d+ rows of \d+ tables are in PostgreSQL now/)
    assert.ok(!existsSync(join(folder.path, 'orchestrator.sqlite')))
    await assert.rejects(moves('postgresql'), refused(/There is no .*nothing to move/))
    {
      await using store = await opens(folder.path, url)
      assert.equal(await told(store), before)
      await assert.rejects(moves('sqlite'), refused(/A bot \(pid/))
      const [entry] = await store.journal.append(runId('r2'), [events.done], 4)
      const last = (await store.journal.after(0, 10_000)).at(-1)
      assert.deepEqual(last, entry, 'it comes behind what came over')
    }
    {
      await using own = await scratchFolder()
      await filled(own.path)
      const wrong = { folder: own.path, url, clock: realClock, log: quietLog }
      await assert.rejects(moveToPostgres(wrong), refused(/is not empty/))
      await using _store = await opens(own.path)
    }
    const far = { ...session('far', thread('300')), worker: 'w1' as WorkerId }
    let latest = ''
    {
      await using store = await opens(folder.path, url)
      await store.vault.addSession(far)
      await assert.rejects(moveToSqlite({ folder: folder.path, url, clock: realClock, log: quietLog }), Problem)
    }
    await assert.rejects(moves('sqlite'), refused(/these sessions work on some: far/))
    {
      await using store = await opens(folder.path, url)
      await store.vault.endSession(far.id, 5)
      latest = await told(store)
    }
    await assert.rejects(moves('sqlite', other), refused(/is not that of/))
    await moves('sqlite')
    await assert.rejects(opens(folder.path, url), refused(/was moved into/))
    await using back = await opens(folder.path)
    assert.equal(await told(back), latest)
    assert.equal((await back.journal.append(runId('r2'), [events.said('late')], 9)).length, 0, 'it is over')
    await back.journal.ask(runId('r9'), prompt('900', session('s0', thread('2000'))), 9, () => null)
  })

  test('killed in the middle, in either way, it is done again and everything is there once', async () => {
    await using folder = await scratchFolder()
    const url = await cluster.fresh()
    const before = await filled(folder.path)
    mkdirSync(join(folder.path, 'transcripts'), { recursive: true })
    const options = { folder: folder.path, url, clock: realClock, log: quietLog }
    for (const moment of ['copied', 'kept']) await dies('postgresql', moment)
    await moveToPostgres(options)
    {
      await using store = await opens(folder.path, url)
      assert.equal(await told(store), before)
    }
    for (const moment of ['copied', 'kept']) await dies('sqlite', moment)
    await moveToSqlite(options)
    await using store = await opens(folder.path)
    assert.equal(await told(store), before)

    async function dies(to: string, moment: string): Promise<void> {
      const child = spawn(process.execPath, [program, to, moment, folder.path, url], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      assert.equal(signal, 'SIGKILL', `${to} ${moment}`)
    }
  })
})
