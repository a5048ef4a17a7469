import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { doctor } from '../../src/cli/doctor.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { EpochMs } from '../../src/core/clock.ts'
import { sql } from 'kysely'
import { Problem } from '../../src/core/failure.ts'
import type { Entry } from '../../src/core/event.ts'
import type { AccountId, RunId, WorkerId } from '../../src/core/ids.ts'
import type { MachineReport } from '../../src/core/machine.ts'
import { enterMachine, lookAtMachine } from '../../src/stores/postgres/machine.ts'
import { openPostgres } from '../../src/stores/postgres/postgres.ts'
import { openStore, type Store } from '../../src/stores/open.ts'
import { prompt, quietLog, realClock, session, thread } from './cast.ts'
import { noPostgres, startCluster, type Cluster } from './cluster.ts'

const report: MachineReport = {
  host: 'far',
  version: '1',
  runtimes: [],
  accounts: [],
  capacity: 1,
  boxed: true,
  key: '',
}
const w1 = 'w1' as WorkerId
const w2 = 'w2' as WorkerId
const at = 1_000 as EpochMs

describe('the bot and its machines on one database', { skip: noPostgres() }, () => {
  let cluster: Cluster
  let root: string
  before(async () => {
    cluster = await startCluster()
    root = mkdtempSync(join(tmpdir(), 'machines-'))
  })
  after(async () => {
    await cluster[Symbol.asyncDispose]()
    rmSync(root, { recursive: true, force: true })
  })

  let folders = 0
  const folderOf = (name: string): string => join(root, `${++folders}-${name}`)
  const opens = (url: string, folder: string, id: WorkerId | null = null): Promise<Store> =>
    openStore({
      folder,
      url,
      clock: realClock,
      log: quietLog,
      timings: { leadIdleMs: 60_000 },
      as: id === null ? null : { id, report: () => report },
    })

  it('hears at once what another process has written, and answers what it asks', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    await using machine = await opens(url, folderOf('w1'), w1)
    const heard = Promise.withResolvers<void>()
    machine.wake.subscribe(() => heard.resolve())
    const there = { ...session('far', thread('300')), worker: w1 }
    await bot.vault.addSession(there)
    await bot.journal.ask('r1' as RunId, prompt('900', there), at, () => null)
    await heard.promise
    assert.equal((await machine.journal.run('r1' as RunId))?.worker, w1)

    machine.errands.serve(w1, {
      double: async (given) => Number(given) * 2,
      fails: () => Promise.reject(new Error('no luck')),
    })
    assert.equal(await bot.errands.ask(w1, 'double', 21, 60_000), 42)
    await assert.rejects(bot.errands.ask(w1, 'fails', null, 60_000), /no luck/)
    await assert.rejects(bot.errands.ask(w2, 'double', 21, 1), /The machine w2 does not answer/)
    const done = Promise.withResolvers<unknown>()
    await bot.errands.leave(w2, 'tidy', { what: 'this' })
    await using late = await opens(url, folderOf('w2'), w2)
    late.errands.serve(w2, { tidy: async (given) => done.resolve(given) })
    assert.deepEqual(await done.promise, { what: 'this' })
  })

  it('begins only what has room where it is at home, and says why nothing begins there', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    const machine = await opens(url, folderOf('w1'), w1)
    const [one, two] = ['one', 'two'].map((name, nth) => ({ ...session(name, thread(`30${nth}`)), worker: w1 }))
    assert.ok(one !== undefined && two !== undefined)
    for (const each of [one, two]) await bot.vault.addSession(each)
    await bot.journal.ask('r1' as RunId, prompt('900', one), at, () => null)
    await bot.journal.ask('r2' as RunId, prompt('901', two), at, () => null)
    const { admit } = await import('../../src/core/admission.ts')
    const caps = { active: 10, waiting: 10, personActive: 10, personWaiting: 10 }
    const claims = async () => (await bot.journal.claim((board) => admit(board, caps), at)).map(({ run }) => run)
    assert.equal(await bot.vault.machines.drain(w1, true), true)
    assert.deepEqual(await claims(), [])
    assert.equal((await bot.journal.board(at)).waiting[0]?.hold?.machine?.why, 'draining')
    await bot.vault.machines.drain(w1, false)
    assert.deepEqual(await claims(), ['r1'], 'it has one place')
    await machine.close()
    assert.equal((await bot.journal.board(at)).waiting[0]?.hold?.machine?.why, 'gone')
    assert.deepEqual(
      (await bot.vault.machines.all()).map(({ id, isHere }) => [id, isHere]),
      [[w1, false]],
    )
  })

  it('writes nothing more for a machine that was given up', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    const folder = folderOf('w1')
    await using machine = await opens(url, folder, w1)
    const there = { ...session('far', thread('300')), worker: w1 }
    await bot.vault.addSession(there)
    await bot.journal.ask('r1' as RunId, prompt('900', there), at, () => null)
    await bot.journal.append('r1' as RunId, [{ type: 'admitted', account: 'default' as AccountId }], at)
    const said = (text: string) =>
      machine.journal.append('r1' as RunId, [{ type: 'noticed', notice: text } as never], at)
    await machine.journal.append('r1' as RunId, [{ type: 'started', conversation: null } as never], at)
    assert.equal((await said('before')).length, 1)
    assert.equal(await bot.vault.machines.drop(w1), true)
    assert.equal(await bot.vault.machines.drop(w1), false)
    await assert.rejects(said('after'), (error) => error instanceof Problem && error.kind === 'wire')
    assert.equal((await bot.journal.read('r1' as RunId)).length, 4)
    assert.deepEqual(await bot.vault.machines.all(), [])
  })

  it('writes nothing more for an earlier life of a machine, whatever that still does', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    const folder = folderOf('w1')
    await using machine = await opens(url, folder, w1)
    const there = { ...session('far', thread('300')), worker: w1 }
    await bot.vault.addSession(there)
    await machine.vault.endSession(there.id, at)
    const { db, close, name } = openPostgres(url)
    await enterMachine(db, { id: w1, folder, name, report })
    await close()
    await assert.rejects(machine.vault.endSession(there.id, at), /started anew elsewhere/)
    await bot.vault.endSession(there.id, at)
  })

  it('reads what two processes write at once to its end, and nothing comes before that end later', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    await using machine = await opens(url, folderOf('w1'), w1)
    const there = { ...session('far', thread('300')), worker: w1 }
    await bot.vault.addSession(there)
    await bot.journal.ask('r1' as RunId, prompt('900', there), at, () => null)
    await bot.journal.append('r1' as RunId, [{ type: 'admitted', account: 'default' as AccountId }], at)
    await machine.journal.append('r1' as RunId, [{ type: 'started', conversation: null } as never], at)
    const writes = async (store: Store): Promise<void> => {
      for (let nth = 0; nth < 25; nth++)
        await store.journal.append('r1' as RunId, [{ type: 'noticed', notice: `${nth}` } as never], at)
    }
    const over = new AbortController()
    const written = Promise.all([writes(bot), writes(machine)]).finally(() => over.abort())
    const read: Entry[] = []
    for (let more = true; more;) {
      const wasOver = over.signal.aborted
      const news = await bot.journal.after(read.at(-1)?.seq ?? 0, 10)
      read.push(...news)
      more = !wasOver || news.length > 0
    }
    await written
    assert.deepEqual(read, await bot.journal.after(0, 1_000))
    assert.equal(read.length, 53)
  })

  it('refuses the folder of a machine that was left behind, and takes another for one that was given up', async () => {
    const url = await cluster.fresh()
    await using bot = await opens(url, folderOf('bot'))
    const [left, brought] = [folderOf('w1'), folderOf('w1')]
    await (await opens(url, left, w1)).close()
    cpSync(left, brought, { recursive: true })
    await (await opens(url, brought, w1)).close()
    const outdated = /The machine w1 has been started on another copy of the data folder/
    await assert.rejects(opens(url, left, w1), outdated)
    assert.match((await lookAtMachine(url, { id: w1, folder: left, now: Date.now })).text, outdated)

    await assert.rejects(opens(url, folderOf('anew'), w1), /uses \/worker drop first/)
    await bot.vault.machines.drop(w1)
    await (await opens(url, brought, w1)).close()
    await bot.vault.machines.drop(w1)
    // Its disk is gone for good.
    const anew = folderOf('anew')
    assert.equal((await lookAtMachine(url, { id: w1, folder: anew, now: Date.now })).level, 'ok')
    await (await opens(url, anew, w1)).close()
    await assert.rejects(opens(url, brought, w1), /has another data folder/)
  })

  it('keeps a machine out whose clock is far from the database’s', async () => {
    const url = await cluster.fresh()
    await using _bot = await opens(url, folderOf('bot'))
    const opensAt = (now: number) =>
      openStore({
        folder: folderOf('w1'),
        url,
        clock: { ...realClock, now: () => now },
        log: quietLog,
        as: { id: w1, report: () => report },
      })
    const hour = 3_600_000
    await assert.rejects(
      opensAt(Date.now() + hour),
      /The clock of the machine w1 is 60 min ahead of .* Set both by NTP/,
    )
    await assert.rejects(opensAt(Date.now() - hour), /60 min behind/)
    const found = await lookAtMachine(url, { id: w1, folder: folderOf('w1'), now: () => Date.now() + hour })
    assert.equal(found.level, 'error')
    await (await opensAt(Date.now() + 60_000)).close()
  })

  it('keeps a machine of another version out, and says who is upgraded first', async () => {
    const url = await cluster.fresh()
    await using _bot = await opens(url, folderOf('bot'))
    const { db, close } = openPostgres(url)
    const becomes = async (change: number): Promise<void> =>
      void (await sql`update schema_version set version = version + ${change}`.execute(db))
    await becomes(1)
    await assert.rejects(opens(url, folderOf('w1'), w1), /must be of one version: upgrade this machine first/)
    await becomes(-2)
    await assert.rejects(opens(url, folderOf('w1'), w1), /upgrade the bot, and start it, first/)
    await becomes(1)
    await close()
    await using _machine = await opens(url, folderOf('w1'), w1)
  })

  it('refuses two machines in one folder, one machine in two, and the bot’s own folder', async () => {
    const url = await cluster.fresh()
    /** What `doctor` says of it before. */
    const looked = async (id: WorkerId, folder: string) => {
      const { level, text } = await lookAtMachine(url, { id: id, folder: folder, now: Date.now })
      return `${level}: ${text}`
    }
    assert.match(await looked(w1, folderOf('w1')), /error: .* Start the bot first/)
    await assert.rejects(opens(url, folderOf('w1'), w1), /Start the bot first/)
    const own = folderOf('bot')
    const bot = await opens(url, own)
    // It would be ended for one that has lost the lead, and this test with it.
    await assert.rejects(opens(url, own, w1), /is the bot's own/)
    await bot.close()
    await assert.rejects(opens(url, own, w1), /is the bot's own/)
    const folder = folderOf('w1')
    assert.match(await looked(w1, own), /error: .* is the bot's own/)
    assert.match(await looked(w1, folder), /ok: .* is new to the bot/)
    await (await opens(url, folder, w1)).close()
    assert.match(await looked(w1, folder), /ok: .* does not run now/)
    assert.match(await looked(w2, folder), /error: .* is that of the machine w1/)
    assert.match(await looked(w1, folderOf('other')), /error: .* has another data folder/)
    await assert.rejects(opens(url, folder, w2), /is that of the machine w1/)
    await assert.rejects(opens(url, folderOf('other'), w1), /has another data folder/)
    await using machine = await opens(url, folder, w1)
    // While the first one is at work: it would stand by, and find out when that is dead.
    await assert.rejects(opens(url, folderOf('other'), w1), /has another data folder/)
    assert.match(await looked(w1, folder), /ok: The machine w1 runs on far/)
    const said: string[] = []
    const env = { OMC_DATABASE_URL: url, OMC_WORKER_ID: w1, OMC_DATA_DIR: folder, PATH: '/usr/bin:/bin' }
    const configure = () => loadConfig({ env, folder: root, home: root })
    await doctor({ configure, environment: env, json: true, say: (line) => said.push(line) })
    const { findings } = JSON.parse(said.join('')) as { readonly findings: readonly { readonly id: string }[] }
    const ids = findings.map(({ id }) => id)
    assert.ok(ids.includes('machine') && ids.includes('machine.key'), ids.join(' '))
    assert.ok(!ids.some((id) => id.startsWith('discord') || id === 'config.owner'), 'that is the bot’s alone')
    const without = { ...env, OMC_WORKER_ID: '' }
    await doctor({
      configure: () => loadConfig({ env: without, folder: root, home: root }),
      environment: without,
      role: 'worker',
      json: false,
      say: (line) => said.push(line),
    })
    assert.match(said.join('\n'), /OMC_WORKER_ID is not set/)
    await machine.close()
  })
})
