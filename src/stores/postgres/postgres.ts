import { randomInt } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import { Client, Pool, types as parsers, type ClientConfig } from 'pg'
import { Problem } from '../../core/failure.ts'
import { lockOf } from '../locks.ts'
import type { Tables } from '../schema.ts'
import { inWords, isCutOff, isPassing } from './words.ts'

/** A PostgreSQL database, as the stores use it. */
export interface Postgres {
  readonly db: Kysely<Tables>
  /** What it is called in words, without its password. */
  readonly name: string
  /** A connection beside the others, for what a pool cannot do: to listen, and to hold the lead. It says when it is gone. */
  readonly connect: (gone: (client: Client) => void) => Promise<Client>
  /** From here on nothing is written but under this mandate: whoever lost it is refused by the database itself. */
  readonly writeAs: (mandate: Mandate) => void
  readonly close: () => Promise<void>
}

/** As whom a process writes: a key in `meta`, and the number that it has as long as nobody has taken its place. */
interface Mandate {
  readonly key: string
  readonly number: number
}

/** What a connection is called, before the name of its machine. */
const programName = 'discord-orchestrator on '

/** SQL: on which channel whoever listens is told that something was written. One for each schema. */
export const channel = `'omc_' || md5(current_schema())`

/** A standing connection is looked for this long before whoever asks hears that there is no database. */
const connectTries = 15
const connectAgainAfterMs = 100

/** Nobody holds a lock longer than this, however the process stands that took it. */
const limits = {
  idle_in_transaction_session_timeout: 5_000,
  lock_timeout: 5_000,
  statement_timeout: 15_000,
  // Later than the server itself: only where it does not answer at all.
  query_timeout: 20_000,
}

/** Whole numbers and their sums come as text; ours stay below 2^53. */
const asNumbers: ReadonlySet<number> = new Set([20, 1700])
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    asNumbers.has(oid) ? Number : parsers.getTypeParser(oid, format),
}

/** @param url as in OMC_DATABASE_URL. Nothing is connected yet. */
export function openPostgres(url: string): Postgres {
  const config: ClientConfig = {
    connectionString: url,
    application_name: programName + hostname(),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    types,
  }
  const name = nameOf(url)
  const pool = new Pool({ ...config, ...limits, max: 6, idleTimeoutMillis: 60_000 })
  // Without a listener a connection that is cut ends the process, whether somebody uses it or not.
  pool.on('error', () => {}).on('connect', (client) => void client.on('error', () => {}))
  const state: MandateState = { mandate: null }
  return {
    name,
    db: new Kysely<Tables>({ dialect: new LedDialect(pool, name, state) }),
    async connect(gone) {
      const client = new Client(config)
      // It may say so twice.
      const isGone = (): void => gone(client)
      client.on('error', isGone).on('end', isGone)
      try {
        await client.connect()
      } catch (error) {
        throw inWords(name, error)
      }
      return client
    },
    writeAs: (mandate) => (state.mandate = mandate),
    async close() {
      if (!pool.ended) await pool.end()
    },
  }
}

/** Whoever holds a lock. */
export interface Holder {
  /** The machine it is on. */
  readonly host: string
  /** Another one whenever it was heard of; null: the server does not say. */
  readonly sign: string | null
}

/** SQL: whoever holds that lock, as a `Holder`; no row: nobody does, or it does not say where it is. @param lock as `lockOf` gives it. */
export function holderOf(lock: string): string {
  return `select substr(application_name, ${programName.length + 1}) as host, pid || ' ' || state_change as sign from pg_locks join pg_stat_activity using (pid)
    where locktype = 'advisory' and objsubid = 1 and granted and application_name like '${programName}%'
      and database = (select oid from pg_database where datname = current_database())
      and ((classid::bigint << 32) | objid::bigint) = ${lock}`
}

/** A machine's name as PostgreSQL keeps it in that of a connection. */
export function asHolder(host: string): string {
  return `${programName}${host}`.slice(programName.length, 63)
}

function nameOf(url: string): string {
  const { hostname, pathname, searchParams } = new URL(url)
  return `${decodeURIComponent(pathname.slice(1)) || 'postgres'} at ${searchParams.get('host') ?? (hostname || 'localhost')}`
}

interface MandateState {
  mandate: Mandate | null
}

/**
 * What every transaction that writes begins with. The lock makes them come one after the other, whichever process they are of,
 * as SQLite does it: so nobody who reads the journal to its end finds something before that end later. Who listens is told
 * with the commit.
 */
const beginning = `
  select value, pg_notify(${channel}, ''),
    pg_advisory_xact_lock(${lockOf(`'write'`)})
  from meta where key = $1 for share`

/** By which it is known afterwards that a transaction was done: no other has it. */
interface Mark {
  /** In `meta`: who writes under one mandate writes one transaction after the other. */
  readonly key: string
  readonly value: number
}

/**
 * SQL: the end of every transaction that writes, with its mark, in one question. The server's own number of a transaction would
 * not do: after a crash, or on another server, it may be somebody else's.
 */
function ending({ key, value }: Mark): string {
  return `insert into meta values ('${key}', ${value}) on conflict (key) do update set value = excluded.value; commit`
}

/** SQL: the mark of what was done last. It waits for whoever is in the middle of writing: that may be what is asked for. */
function markOf({ key }: Mark): string {
  return `select pg_advisory_xact_lock(${lockOf(`'write'`)}); select value from meta where key = '${key}'`
}

class LedDialect extends PostgresDialect {
  readonly #pool: Pool
  readonly #name: string
  readonly #state: MandateState

  constructor(pool: Pool, name: string, state: MandateState) {
    super({ pool })
    this.#pool = pool
    this.#name = name
    this.#state = state
  }

  override createDriver(): Driver {
    return new LedDriver(this.#pool, this.#name, this.#state)
  }
}

class LedDriver extends PostgresDriver {
  readonly #pool: Pool
  readonly #name: string
  readonly #state: MandateState
  /** Of each transaction that writes. */
  readonly #marks = new WeakMap<DatabaseConnection, Mark>()

  constructor(pool: Pool, name: string, state: MandateState) {
    super({ pool })
    this.#pool = pool
    this.#name = name
    this.#state = state
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    for (let tries = 1; ; tries++) {
      try {
        return new WordedConnection(await super.acquireConnection(), this.#name)
      } catch (error) {
        // Nothing has been asked yet, so it can be tried again: a restart takes a second.
        if (!isCutOff(error) || tries === connectTries) throw inWords(this.#name, error)
        await pause(connectAgainAfterMs)
      }
    }
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    if (settings.accessMode === 'read only') {
      await connection.executeQuery(CompiledQuery.raw('start transaction isolation level repeatable read read only'))
      return
    }
    await connection.executeQuery(CompiledQuery.raw('begin'))
    const { mandate } = this.#state
    if (mandate === null) return
    const rows = await this.#asksMandate(connection, mandate)
    if (rows[0]?.value === mandate.number) {
      this.#marks.set(connection, { key: `commit:${mandate.key}`, value: randomInt(2 ** 48 - 1) })
      return
    }
    await this.rollbackTransaction(connection)
    const text =
      mandate.key === 'lead'
        ? `Another bot has the lead on the database ${this.#name} by now.`
        : `This machine was given up on the database ${this.#name}, or started anew elsewhere.`
    throw new Problem('wire', `${text} Nothing was written.`)
  }

  /** What fails here (others held the lock for too long) leaves no half-begun transaction to whoever gets the connection next. */
  async #asksMandate(connection: DatabaseConnection, { key }: Mandate) {
    try {
      const asked = CompiledQuery.raw(beginning, [key])
      return (await connection.executeQuery<{ readonly value: number }>(asked)).rows
    } catch (error) {
      await this.rollbackTransaction(connection).catch(() => undefined)
      throw error
    }
  }

  /**
   * A connection that is cut while a commit is under way leaves open whether it was done. It must be known: what was written
   * would be written twice otherwise, or never. The server knows.
   */
  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const mark = this.#marks.get(connection)
    if (mark === undefined) return super.commitTransaction(connection)
    try {
      await connection.executeQuery(CompiledQuery.raw(ending(mark)))
    } catch (error) {
      if (!isCutOff(error) || !(await this.#wasDone(mark))) throw error
    }
  }

  /** Whose connection is cut has nothing to take back any more: why it was cut is what the caller must hear. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(bare(connection))
    } catch (error) {
      if (!isCutOff(error)) throw inWords(this.#name, error)
    }
  }

  override async releaseConnection(connection: DatabaseConnection): Promise<void> {
    await super.releaseConnection(bare(connection))
  }

  /** Asks until it is known, for as long as it takes. */
  async #wasDone(mark: Mark): Promise<boolean> {
    for (;;) {
      if (this.#pool.ending)
        throw new Problem('wire', `The database ${this.#name} was closed in the middle of a commit.`)
      try {
        // One result for each question.
        const answers = (await this.#pool.query(markOf(mark))) as unknown as readonly QueryResult<Partial<Mark>>[]
        return answers[1]?.rows[0]?.value === mark.value
      } catch (error) {
        if (!isPassing(error)) throw inWords(this.#name, error)
      }
      await pause(connectAgainAfterMs)
    }
  }
}

type BareConnection = Parameters<PostgresDriver['releaseConnection']>[0]

function bare(connection: DatabaseConnection): BareConnection {
  return (connection instanceof WordedConnection ? connection.inner : connection) as BareConnection
}

/** Says in words what went wrong, and takes out what PostgreSQL keeps in no text. */
class WordedConnection implements DatabaseConnection {
  readonly inner: DatabaseConnection
  readonly #name: string

  constructor(inner: DatabaseConnection, name: string) {
    this.inner = inner
    this.#name = name
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    const parameters = query.parameters.some(hasNul) ? query.parameters.map(withoutNul) : query.parameters
    try {
      return await this.inner.executeQuery<Row>({ ...query, parameters })
    } catch (error) {
      throw inWords(this.#name, error)
    }
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.inner.streamQuery<Row>(query, chunkSize)
  }
}

function hasNul(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\0')
}

function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : value
}
