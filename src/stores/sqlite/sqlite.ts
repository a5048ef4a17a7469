import { setTimeout as pause } from 'node:timers/promises'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import {
  CompiledQuery,
  SqliteDialect,
  SqliteDriver,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type SqliteDialectConfig,
  type TransactionSettings,
} from 'kysely'
import { messageOf, Problem } from '../../core/failure.ts'

/** One open SQLite file. */
export interface Sqlite {
  readonly path: string
  /** Node's own handle, for what happens outside Kysely (migrations, pragmas). */
  readonly raw: DatabaseSync
  /** Makes a Kysely over this handle; destroying that Kysely closes the file. */
  readonly dialect: Dialect
  /**
   * From here on nobody waits inside SQLite, which blocks the whole process: a database that another program has locked is
   * refused at once, and whoever asked tries again.
   */
  neverBlock(): void
}

/** How many prepared statements are kept. The product has some forty; a batch insert has one per batch size. */
const statementsKept = 128

/**
 * Opens (or creates) a database file in write-ahead mode, where every commit reaches the disk before it returns.
 * Throws a `wire` problem when the file cannot be opened or is no database.
 */
export function openSqlite(path: string): Sqlite {
  const raw = inWords(path, () => {
    const opened = new DatabaseSync(path, { timeout: 5_000 })
    try {
      opened.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    } catch (error) {
      opened.close()
      throw error
    }
    return opened
  })
  return {
    path,
    raw,
    dialect: new NodeSqliteDialect(path, raw),
    neverBlock: () => raw.exec('pragma busy_timeout = 0'),
  }
}

/** Kysely's own SQLite dialect, with transactions that hold the write lock from their first statement. */
class NodeSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig
  readonly #raw: DatabaseSync

  constructor(path: string, raw: DatabaseSync) {
    const config: SqliteDialectConfig = { database: kyselyDatabase(path, raw) }
    super(config)
    this.#config = config
    this.#raw = raw
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config, this.#raw)
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #raw: DatabaseSync
  #patient: DatabaseConnection | null = null

  constructor(config: SqliteDialectConfig, raw: DatabaseSync) {
    super(config)
    this.#raw = raw
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#patient ??= new PatientConnection(await super.acquireConnection(), this.#raw)
    return this.#patient
  }

  /** IMMEDIATE: what a transaction reads first must still be true when it writes. */
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(settings?.accessMode === 'read only' ? 'begin' : beginToWrite))
  }

  /** SQLite rolls back by itself on some failures (a full disk); a second rollback would hide the first error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#raw.isTransaction) await connection.executeQuery(CompiledQuery.raw('rollback'))
  }
}

const beginToWrite = 'begin immediate'

/** How often a read is tried again that a lock of another program is in the way of. Beside one that writes, reads go on. */
const readTries = 50
const readAgainAfterMs = 20

/** Waits out the short moments in which another program lets nobody read, without blocking the process. */
class PatientConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection
  readonly #raw: DatabaseSync

  constructor(inner: DatabaseConnection, raw: DatabaseSync) {
    this.#inner = inner
    this.#raw = raw
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#inner.executeQuery<Row>(query)
      } catch (error) {
        // To write is asked for again by whoever commits, and a transaction must not be taken up in its middle.
        const isFinal = !isBusy(error) || query.sql === beginToWrite || this.#raw.isTransaction
        if (isFinal || tries === readTries) throw error
        await pause(readAgainAfterMs)
      }
    }
  }

  streamQuery<Row>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<Row>> {
    return this.#inner.streamQuery<Row>(query, chunkSize)
  }
}

/** Whether another program has the database locked. */
export function isBusy(error: unknown): boolean {
  return error instanceof Problem && sqliteCode(error.cause) === 5
}

interface Prepared {
  readonly statement: StatementSync
  /** Whether it gives rows. Asked once: SQLite makes a list of all columns for it. */
  readonly reader: boolean
}

function prepare(raw: DatabaseSync, sql: string): Prepared {
  const statement = raw.prepare(sql)
  return { statement, reader: statement.columns().length > 0 }
}

/** The small part of better-sqlite3 that Kysely needs, spoken by Node's own SQLite. */
function kyselyDatabase(path: string, raw: DatabaseSync): Extract<SqliteDialectConfig['database'], object> {
  const statements = new Map<string, Prepared>()
  const prepared = (sql: string): Prepared => {
    const kept = statements.get(sql)
    const statement = kept ?? inWords(path, () => prepare(raw, sql))
    // Last used, last in the map; so the first one is the one to forget.
    if (kept !== undefined) statements.delete(sql)
    else if (statements.size >= statementsKept) statements.delete(statements.keys().next().value ?? '')
    statements.set(sql, statement)
    return statement
  }
  return {
    close: () => raw.close(),
    prepare(sql) {
      const { statement, reader } = prepared(sql)
      return {
        reader,
        all: (parameters) => inWords(path, () => statement.all(...(parameters as SQLInputValue[]))),
        run: (parameters) => inWords(path, () => statement.run(...(parameters as SQLInputValue[]))),
        // A statement of its own: two iterations of a kept one would disturb each other.
        iterate: (parameters) => raw.prepare(sql).iterate(...(parameters as SQLInputValue[])),
      }
    },
  }
}

/** SQLite's result codes (sqlite.org/rescode.html) for what the world does to a file, and what a person can do. */
const worldCodes: ReadonlyMap<number, string> = new Map([
  [5, 'is locked by another program; close whatever has it open'],
  [8, 'may not be written; check the rights of the data folder and that its disk is not mounted read-only'],
  [10, 'could not be read or written; check the disk and its free space'],
  [11, 'is damaged; stop the bot, keep a copy of the folder, and restore a backup'],
  [13, 'cannot grow because the disk is full; free some space'],
  [14, 'could not be opened; check that the data folder exists and belongs to you'],
  [26, 'is not an SQLite database; move it away or choose another OMC_DATA_DIR'],
])

/**
 * Runs something on a database file. What the world does to the file becomes a `wire` problem that says what to do;
 * anything else SQLite complains of (a broken rule of the schema, a wrong statement) is a `bug`.
 */
export function inWords<Value>(path: string, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    const code = sqliteCode(error)
    if (code === null) throw error
    const words = worldCodes.get(code)
    if (words === undefined)
      throw new Problem('bug', `${path}: ${messageOf(error)}. Nothing was written.`, { cause: error })
    throw new Problem('wire', `${path} ${words}. Nothing was written.`, { cause: error })
  }
}

/** Codes that no other try changes until a person does: rights, damage, no folder, another file. */
const lastingCodes = new Set([8, 11, 14, 26])

/** At the start what only a person can mend is refused, so that no supervisor tries it again and again. */
export function refusedAtStart(error: unknown): unknown {
  const isWire = error instanceof Problem && error.kind === 'wire'
  const code = isWire ? sqliteCode(error.cause) : null
  if (!isWire || code === null || !lastingCodes.has(code)) return error
  return new Problem('refused', error.message, { cause: error.cause })
}

/** SQLite's primary result code of an error, or null when it is none of SQLite's. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null
  return error.errcode & 0xff
}
