import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { descendantsOf, signal } from '../../src/system/process.ts'
import { isOpen } from '../runner/open.ts'

const run = promisify(execFile)
const port = 5432

/** A PostgreSQL of the test's own, reached by a socket in its folder alone. */
export interface Cluster extends AsyncDisposable {
  /** Everything that it keeps. */
  readonly folder: string
  /** A fresh schema, as OMC_DATABASE_URL names it. */
  fresh(): Promise<string>
  /** How a machine that is elsewhere reaches the same schema: by the address at which it `listens`. */
  from(url: string): string
  /** Ends it as an operator's restart does, and starts it anew. */
  restart(): Promise<void>
  stop(): Promise<void>
  /** Its processes end in the middle of what they do, and it mends itself when it starts: for one that was started `durable`. */
  crash(): Promise<void>
  start(): Promise<void>
  /** Everything of it stands still (SIGSTOP) until the work is done. */
  pauses(work: () => Promise<void>): Promise<void>
}

/** Why there is no PostgreSQL here, for a test's `skip`; false: there is one. In CI there has to be. */
export function noPostgres(): string | false {
  if (programs() !== null) return false
  const text = 'no PostgreSQL here: apt-get install postgresql, or name its programs with OMC_TEST_PG_BIN'
  if (process.env['OMC_TEST_PG'] === 'required') throw new Error(text)
  return text
}

function programs(): string | null {
  const named = process.env['OMC_TEST_PG_BIN']
  if (named !== undefined) return named
  const versions = '/usr/lib/postgresql'
  const found = existsSync(versions) ? readdirSync(versions) : []
  const newest = found.sort((a, b) => Number(b) - Number(a)).map((each) => join(versions, each, 'bin'))
  return newest.find((each) => existsSync(join(each, 'initdb'))) ?? null
}

/** PostgreSQL refuses to run as root: then it runs as somebody who has no rights. */
function somebody(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const [, , uid, gid] =
    lines.map((line) => line.split(':')).find(([name]) => name === 'postgres' || name === 'nobody') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

/** initdb asks the system for its user's name: nobody of the tests that need boxes has one, so it is shown a list that has. */
function named(folder: string, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const uid = process.getuid?.() ?? 0
  if (uid === 0 || readFileSync('/etc/passwd', 'utf8').includes(`:x:${uid}:`)) return command
  const users = join(folder, 'passwd')
  writeFileSync(users, `omc:x:${uid}:${uid}::/:/bin/sh\n`)
  return ['bwrap', '--dev-bind', '/', '/', '--ro-bind', users, '/etc/passwd', ...command]
}

/**
 * Makes one from nothing. Nothing of it is flushed to the disk: what dies in tests is the process, not the machine. `durable`:
 * what it says is written is there after a crash of its own, too; `flushes`: as it is set in earnest. `listens`: an address of the test's own.
 */
export async function startCluster({ durable = false, flushes = false, listens = '' } = {}): Promise<Cluster> {
  const bin = programs()
  if (bin === null) throw new Error('There is no PostgreSQL.')
  // In the test's own folder, which goes with whoever is killed, unless that somebody may not enter it.
  const folder = mkdtempSync(join(process.getuid?.() !== 0 || isOpen(tmpdir()) ? tmpdir() : '/tmp', 'omc-pg-'))
  const user = somebody()
  chmodSync(folder, 0o700)
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const means = { ...user, cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } }
  const data = join(folder, 'data')
  const form = ['-D', data, '-U', 'omc', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
  const [program, ...args] = named(folder, [join(bin, 'initdb'), ...form])
  await run(program, args, means)
  if (listens !== '') appendFileSync(join(data, 'pg_hba.conf'), `host all all ${listens}/24 trust\n`)
  const settings = Object.entries({
    listen_addresses: listens,
    unix_socket_directories: folder,
    port,
    shared_buffers: '32MB',
    max_connections: 60,
    fsync: flushes ? 'on' : 'off',
    full_page_writes: flushes ? 'on' : 'off',
    synchronous_commit: durable || flushes ? 'on' : 'off',
    autovacuum: 'off',
    jit: 'off',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let server: ChildProcess | null = null
  const url = (schema: string): string =>
    `postgres://omc@localhost/postgres?host=${encodeURIComponent(folder)}&options=${encodeURIComponent(`-c search_path=${schema}`)}`

  async function start(): Promise<void> {
    const started = spawn(join(bin as string, 'postgres'), ['-D', data, ...settings], { ...means, stdio: 'ignore' })
    server = started
    const pidFile = join(data, 'postmaster.pid')
    while (!(existsSync(pidFile) && /ready/.test(readFileSync(pidFile, 'utf8')))) {
      if (started.exitCode !== null) throw new Error(`PostgreSQL ended with ${started.exitCode}.`)
      await pause(10)
    }
  }

  async function stop(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const ending = server
    if (ending === null) return
    server = null
    const ended = once(ending, 'exit')
    ending.kill(signal)
    await ended
  }

  await start()
  let schemas = 0
  return {
    folder,
    start,
    stop: () => stop(),
    from(address) {
      const there = new URL(address)
      there.searchParams.delete('host')
      there.host = `${listens}:${port}`
      return there.href
    },
    async pauses(work) {
      const all = server?.pid === undefined ? [] : [server.pid, ...descendantsOf([server.pid])]
      for (const pid of all) signal(pid, 'SIGSTOP')
      try {
        await work()
      } finally {
        for (const pid of all) signal(pid, 'SIGCONT')
      }
    },
    async crash() {
      await stop('SIGQUIT')
      await start()
    },
    async restart() {
      await stop()
      await start()
    },
    async fresh() {
      const schema = `s${++schemas}`
      const client = new Client({ connectionString: url('public') })
      await client.connect()
      await client.query(`create schema ${schema}`)
      await client.end()
      return url(schema)
    },
    async [Symbol.asyncDispose]() {
      await stop('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
