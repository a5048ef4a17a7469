import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { Client } from 'pg'
import type { Board } from '../../src/core/admission.ts'
import { Problem } from '../../src/core/failure.ts'
import { Commits } from '../../src/stores/commits.ts'
import { DatabaseJournal } from '../../src/stores/journal.ts'
import { migrations } from '../../src/stores/migrations/all.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { lockOf } from '../../src/stores/locks.ts'
import { lookAtPostgres } from '../../src/stores/postgres/look.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { LocalWake } from '../../src/stores/wake.ts'
import { background } from '../../src/system/background.ts'
import { events, person, prompt, quietLog, realClock, runId, scratchFolder, session, thread } from './cast.ts'
import { until } from '../e2e/stage.ts'
import { noPostgres, startCluster, type Cluster } from './cluster.ts'

const said = (what: RegExp, kind: Problem['kind']) => (error: unknown) =>
  error instanceof Problem && error.kind === kind && what.test(error.message)

/** What PostgreSQL does otherwise than SQLite. */
describe('PostgreSQL apart from SQLite', { skip: noPostgres() }, () => {
  let cluster: Cluster
  before(async () => (cluster = await startCluster({ durable: true })))
  after(() => cluster[Symbol.asyncDispose]())

  async function opened(url: string): Promise<{ readonly store: Store; readonly folder: string } & AsyncDisposable> {
    const folder = await scratchFolder()
    const store = await openStore({ folder: folder.path, url, clock: realClock, log: quietLog })
    return {
      store,
      folder: folder.path,
      async [Symbol.asyncDispose]() {
        await store.close()
        await folder[Symbol.asyncDispose]()
      },
    }
  }

  test('both databases have the same tables with the same columns', async () => {
    const url = await cluster.fresh()
    await using _opened = await opened(url)
    const { db, close } = openPostgres(url)
    const { rows } = await sql<{ readonly column: string }>`
      select table_name || '.' || column_name as column from information_schema.columns
      where table_schema = current_schema() and table_name not in ('schema_version', 'data_folder')`.execute(db)
    await close()
    const sqlite = new DatabaseSync(':memory:')
    for (const each of migrations) sqlite.exec(each)
    const columns = sqlite
      .prepare(
        `select t.name || '.' || c.name as column from sqlite_master t join pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite_%'`,
      )
      .all()
    sqlite.close()
    const names = (all: readonly unknown[]) => all.map((row) => (row as { readonly column: string }).column).sort()
    assert.deepEqual(names(rows), names(columns))
  })

  test('several that claim at once keep the cap together', async () => {
    const url = await cluster.fresh()
    await using ground = await opened(url)
    const { store } = ground
    for (let nth = 0; nth < 24; nth++) {
      const here = session(`s${nth}`, thread(String(2_000 + nth)))
      await store.vault.addSession(here)
      await store.journal.ask(runId(`r${nth}`), prompt(String(500 + nth), here), 1, () => null)
    }
    const cap = 6
    const admit = ({ live, waiting }: Board) => waiting.slice(0, Math.max(0, cap - live.length)).map(({ run }) => run)
    const others = [1, 2, 3, 4].map(() => openPostgres(url))
    const claimed = await Promise.all(
      others.map(({ db }) =>
        new DatabaseJournal(db, new Commits(db), new LocalWake(), { prices: {}, shares: {}, reserve: 0 }).claim(
          admit,
          2,
        ),
      ),
    )
    for (const each of others) await each.close()
    assert.equal(claimed.flat().length, cap)
    assert.equal((await store.journal.board(3)).live.length, cap)
  })

  test('texts that PostgreSQL keeps in no column are kept without what it refuses', async () => {
    await using ground = await opened(await cluster.fresh())
    const { vault, journal } = ground.store
    const odd = 'a\0b\ud800c'
    const here = session('one', thread('200'), { workdir: `/projects/${odd}`, model: odd })
    assert.equal(await vault.addSession(here), 'added')
    assert.equal((await vault.session(here.id))?.model, 'a\ufffdb\ufffdc')
    await journal.ask(
      runId('r1'),
      { ...prompt('501', here, { ...person('ann'), name: odd }), text: odd },
      1,
      () => null,
    )
    await journal.claim(() => [runId('r1')], 1)
    await journal.append(runId('r1'), [events.started, events.said(odd)], 2, { cursor: odd as never })
    assert.deepEqual((await journal.read(runId('r1'))).at(-1)?.event, events.said(odd), 'in JSON it is whole')
    assert.equal((await journal.run(runId('r1')))?.prompt.text, odd)
  })

  test('whoever lost the lead writes nothing more', async () => {
    const url = await cluster.fresh()
    await using ground = await opened(url)
    const { store, folder } = ground
    await store.vault.alive(1)
    // As another machine would: the folder's lock is not in the way of a copy.
    const { db, close } = openPostgres(url)
    await sql`update meta set value = value + 1 where key = 'lead'`.execute(db)
    await close()
    await assert.rejects(store.vault.alive(2), said(/Another bot has the lead/, 'wire'))
    assert.equal(await store.vault.lastAlive(), 1)
    assert.ok(folder)
  })

  test('whoever stands still in the middle of a transaction holds up the others for a moment only, and keeps nothing', async () => {
    const url = await cluster.fresh()
    await using ground = await opened(url)
    const { db, close } = openPostgres(url)
    const { vault } = ground.store
    const still = db.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(${sql.raw(lockOf(`'write'`))})`.execute(trx)
      await trx.insertInto('meta').values({ key: 'never', value: 1 }).execute()
      // Ends only when the other one has been heard, which waits for it.
      await vault.addSession(session('one', thread('2001')))
      await sql`select 1`.execute(trx)
    })
    await assert.rejects(still, said(/./, 'wire'))
    assert.equal((await vault.liveSessions()).length, 1)
    assert.deepEqual(await db.selectFrom('meta').select('key').where('key', '=', 'never').execute(), [])
    const { rows } = await sql<{ readonly options: readonly string[] }>`
      select reloptions as options from pg_class where oid = to_regclass('runs')`.execute(db)
    assert.deepEqual(rows[0]?.options, ['fillfactor=70'], 'each append changes its run’s row: there is room for that')
    await close()
  })

  test('a commit whose answer never came is known to be done, and is not done twice', async () => {
    const url = await cluster.fresh()
    await using between = await cutting(url)
    await using ground = await opened(between.url)
    const { vault, journal } = ground.store
    const here = session('one')
    await vault.addSession(here)
    await journal.ask(runId('r1'), prompt('501', here), 1, () => null)
    await journal.claim(() => [runId('r1')], 1)
    between.cutNextCommit()
    const entries = await journal.append(runId('r1'), [events.started], 2)
    assert.equal(between.cuts(), 1)
    assert.deepEqual(
      (await journal.read(runId('r1'))).map(({ event }) => event.type),
      ['asked', 'admitted', 'started'],
    )
    assert.equal(entries.length, 1)
  })

  test('a commit that a crash of the server took is known to be lost, also when its place was given to another since', async () => {
    const url = await cluster.fresh()
    await using between = await cutting(url)
    await using ground = await opened(between.url)
    const { vault } = ground.store
    const { db, close } = openPostgres(url)
    // Nothing of it is on the disk when the server dies.
    await sql`alter system set wal_writer_delay = '10s'`.execute(db)
    await sql`select pg_reload_conf()`.execute(db)
    await vault.alive(1)
    between.losesNextCommit(async () => {
      await cluster.crash()
      for (let nth = 0; nth < 20; nth++)
        await db
          .insertInto('meta')
          .values({ key: `other ${nth}`, value: nth })
          .execute()
    })
    await assert.rejects(vault.alive(2), said(/Nothing was written/, 'wire'))
    assert.equal(between.cuts(), 1)
    assert.equal(await vault.lastAlive(), 1)
    await vault.alive(3)
    assert.equal(await vault.lastAlive(), 3)
    await sql`alter system reset wal_writer_delay`.execute(db)
    await close()
  })

  test('the server is restarted under those who write: whoever is refused tries again, and each line stands once', async () => {
    await using ground = await opened(await cluster.fresh())
    const { vault, journal } = ground.store
    const here = session('one')
    await vault.addSession(here)
    await journal.ask(runId('r1'), prompt('501', here), 1, () => null)
    await journal.claim(() => [runId('r1')], 1)
    await journal.append(runId('r1'), [events.started], 2)
    const thirty = Promise.withResolvers<void>()
    const writing = (async () => {
      for (let nth = 0; nth < 120; nth++) {
        for (;;) {
          try {
            await journal.append(runId('r1'), [events.said(`${nth}`)], 2)
            break
          } catch (error) {
            assert.ok(error instanceof Problem && error.kind === 'wire', String(error))
          }
        }
        if (nth === 30) thirty.resolve()
      }
    })()
    await thirty.promise
    await cluster.restart()
    await writing
    const lines = (await journal.read(runId('r1'))).flatMap(({ event }) => (event.type === 'said' ? [event.text] : []))
    assert.deepEqual(
      lines,
      Array.from({ length: 120 }, (_, nth) => `${nth}`),
    )
  })

  test('a database and a data folder that do not belong together are refused', async () => {
    const url = await cluster.fresh()
    const open = (folder: string, to = url) => openStore({ folder, url: to, clock: realClock, log: quietLog })
    await using ground = await opened(url)
    await using other = await scratchFolder()
    const another = /is that of another data folder/
    // While the first one leads: it would stand by, and find out when it is too late.
    await assert.rejects(open(other.path), said(another, 'refused'))
    const found = await lookAtPostgres(url, Date.now, other.path)
    assert.deepEqual([found.level, another.test(found.text)], ['error', true])
    assert.equal((await lookAtPostgres(url, Date.now, ground.folder)).level, 'ok')
    await ground.store.close()
    await assert.rejects(open(other.path), said(another, 'refused'))
    mkdirSync(join(ground.folder, 'spools'))
    writeFileSync(join(ground.folder, 'spools', 'left'), '')
    await assert.rejects(open(ground.folder, await cluster.fresh()), said(/is empty, but spools\/ in/, 'refused'))
    await using _again = await open(ground.folder)
  })

  test('a data folder is brought elsewhere by hand; the one that was left behind, and a copy far from who leads, are refused', async () => {
    const url = await cluster.fresh()
    const open = (folder: string) => openStore({ folder, url, clock: realClock, log: quietLog })
    const doctor = async (folder: string) => lookAtPostgres(url, Date.now, folder)
    await using ground = await opened(url)
    await ground.store.close()
    await using elsewhere = await scratchFolder()
    cpSync(ground.folder, elsewhere.path, { recursive: true })
    const there = await open(elsewhere.path)
    await there.vault.alive(2)
    const outdated = /has been started on another copy of the data folder/
    // While the other one leads, when it has ended, and before anybody tries.
    await assert.rejects(open(ground.folder), said(outdated, 'refused'))
    await there.close()
    await assert.rejects(open(ground.folder), said(outdated, 'refused'))
    assert.match((await doctor(ground.folder)).text, outdated)
    assert.equal((await doctor(elsewhere.path)).level, 'ok')

    const far = new Client({ connectionString: url, application_name: 'discord-orchestrator on far-away' })
    await far.connect()
    await far.query(`select pg_advisory_lock(${lockOf(`'lead'`)})`)
    // It gives signs of life, as whoever leads does.
    const pinging = setInterval(() => background(far.query('select 1'), quietLog, 'ping'), 50)
    const isFar = /A bot is at work on the database .* already, on far-away\. .* the same machine only/
    await assert.rejects(open(elsewhere.path), said(isFar, 'refused'))
    assert.match((await doctor(elsewhere.path)).text, isFar)
    clearInterval(pinging)
    await far.end()

    // One whose machine has lost its power: the server takes it for alive for a while, and it is waited for.
    const dead = new Client({ connectionString: url, application_name: 'discord-orchestrator on far-away' })
    dead.on('error', () => {})
    await dead.connect()
    await dead.query(`select pg_advisory_lock(${lockOf(`'lead'`)})`)
    await dead.query('set idle_session_timeout = 1500')
    await (await open(elsewhere.path)).close()
    // Whoever has nothing else takes what there is.
    rmSync(join(ground.folder, 'database.lead'))
    await using _again = await open(ground.folder)
  })

  test('one that died between its folder and the database has led nothing: whoever leads meanwhile has the folder that counts', async () => {
    const url = await cluster.fresh()
    const open = (folder: string) => openStore({ folder, url, clock: realClock, log: quietLog })
    await using ground = await opened(url)
    await ground.store.close()
    await using elsewhere = await scratchFolder()
    cpSync(ground.folder, elsewhere.path, { recursive: true })

    // Between the two: the database is held, so the number cannot be raised.
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query("begin; select value from meta where key = 'lead' for update")
    const leadOf = (folder: string) => readFileSync(join(folder, 'database.lead'), 'utf8')
    const holder = join(import.meta.dirname, 'holder.ts')
    const child = spawn(process.execPath, [holder, elsewhere.path, '', url], { stdio: ['pipe', 'inherit', 'inherit'] })
    await until(() => leadOf(elsewhere.path) !== leadOf(ground.folder))
    child.kill('SIGKILL')
    await once(child, 'exit')
    await client.query('rollback')
    await client.end()
    assert.equal((await lookAtPostgres(url, Date.now, elsewhere.path)).level, 'ok', 'it is behind nobody')

    const first = await open(ground.folder)
    await first.vault.alive(2)
    await first.close()
    await assert.rejects(open(elsewhere.path), said(/has been started on another copy of the data folder/, 'refused'))
    const again = await open(ground.folder)
    assert.equal(await again.vault.lastAlive(), 2)
    await again.close()

    // A database that was put back from a dump knows less than its folder.
    const { db, close } = openPostgres(url)
    await sql`update meta set value = value - 2 where key = 'lead'`.execute(db)
    await sql`update meta set value = 1 where key = 'mark:lead'`.execute(db)
    await close()
    await (await open(ground.folder)).close()
  })

  test('doctor says whether it can be used, and whether a bot leads on it', async () => {
    const url = await cluster.fresh()
    const text = async () => (await lookAtPostgres(url, Date.now)).text
    assert.match(await text(), /answers as postgres at .* No bot leads on it now/)
    {
      await using _ground = await opened(url)
      assert.match(await text(), /A bot leads on it; another one would stand by/)
    }
    assert.match(await text(), /No bot leads on it now/)
    const far = await lookAtPostgres(url, () => Date.now() - 60_000)
    assert.deepEqual([far.level, /60 s apart/.test(far.text)], ['warning', true], far.text)
    const nowhere = await lookAtPostgres(url.replace('omc-pg', 'omc-no'), Date.now)
    assert.deepEqual([nowhere.level, /cannot be reached/.test(nowhere.text)], ['error', true], nowhere.text)
  })

  test('what cannot be had is said in words, without the password', async () => {
    await using folder = await scratchFolder()
    const open = (url: string) => openStore({ folder: folder.path, url, clock: realClock, log: quietLog })
    const url = await cluster.fresh()
    const without = new URL(url)
    without.pathname = '/nowhere'
    without.password = 'secret-word'
    await assert.rejects(open(without.href), (error) => {
      assert.ok(said(/nowhere at .* has no database of that name/, 'refused')(error), String(error))
      return !String(error).includes('secret-word')
    })
    const nobody = `postgres://omc@localhost/postgres?host=${encodeURIComponent(folder.path)}`
    await assert.rejects(open(nobody), said(/cannot be reached/, 'wire'))
  })
})

/** A way to a database on which the answer of a commit can be lost. */
async function cutting(url: string) {
  const target = new URL(url)
  const folder = await scratchFolder()
  const server = join(target.searchParams.get('host') ?? '', '.s.PGSQL.5432')
  let armed = false
  let meanwhile: (() => Promise<void>) | null = null
  let passable = Promise.resolve()
  let cuts = 0
  const lead = (client: Socket): void => {
    if (client.destroyed) return
    const upstream = connect(server)
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('data', (bytes) => {
      const isEnd = bytes.toString('latin1').includes('commit')
      if (meanwhile !== null && isEnd) {
        // Nobody gets to the server before that is over.
        passable = meanwhile()
        meanwhile = null
        cuts++
        return void client.destroy()
      }
      const isCommit = armed && isEnd
      if (isCommit) {
        armed = false
        upstream.removeAllListeners('data')
        upstream.once('data', () => {
          cuts++
          client.destroy()
        })
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => void client.write(bytes))
    client.resume()
  }
  const relay = createServer((client) => {
    client.on('error', () => client.destroy()).pause()
    background(
      passable.then(() => lead(client)),
      quietLog,
      'relay',
    )
  })
  await new Promise<void>((resolve) => relay.listen(join(folder.path, '.s.PGSQL.5432'), resolve))
  target.searchParams.set('host', folder.path)
  return {
    url: target.href,
    /** It is done, and nobody hears of it. */
    cutNextCommit: () => (armed = true),
    /** It never comes to the server, where this happens before anybody comes again. */
    losesNextCommit: (happens: () => Promise<void>) => (meanwhile = happens),
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      relay.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
