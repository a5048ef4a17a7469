import {
  closeSync,
  constants,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Problem } from '../../core/failure.ts'

/** What an earlier life leaves beside its database: processes that may still work, and what was said. */
const traces = ['spools', 'transcripts'] as const

/**
 * Refuses a data folder whose database has been lost, or was copied without the file that holds its newest changes:
 * taken for a new one, it would end agents that are at work and forget every session. Touches nothing.
 * @throws {Problem} `refused`, with what to do.
 */
export function refuseTorn(database: string, folder: string): void {
  const found = tracesIn(folder)
  const name = basename(database)
  if (isMissing(database)) {
    if (found.length === 0) return
    const what = found.join(' and ')
    throw new Problem(
      'refused',
      `${database} is missing or empty, but ${what} beside it ${found.length === 1 ? 'is' : 'are'} of an earlier start. ` +
        `Put ${name} back (with ${name}-wal, if there is one). To begin anew, choose another OMC_DATA_DIR. ` +
        `Nothing was changed.`,
    )
  }
  const mark = readMark(database)
  if (mark !== null && !existsSync(`${database}-wal`) && isOlder(readPosition(database), mark)) {
    throw new Problem(
      'refused',
      `${database}-wal is missing: the bot was not stopped when ${name} was last used, so its newest changes are in that ` +
        `file. Copy both, together. If you put an older ${name} here on purpose, stop its agents ` +
        `(discord-orchestrator stop --all), remove ${basename(openMark(database))}, and start again. Nothing was changed.`,
    )
  }
}

/** Which folders an earlier life has left something in. */
export function tracesIn(folder: string): readonly string[] {
  return traces.filter((name) => hasMore(join(folder, name))).map((name) => `${name}/`)
}

/** How far a database has come. */
export interface DatabasePosition {
  /** How often it was opened. */
  readonly starts: number
  /** The last entry of the journal. */
  readonly entries: number
}

/** Longer than any mark: each is written over the one before in one write, which a death does not halve. */
const markLength = 256

/**
 * From here on, the newest changes are beside the database. Call when it is open, and now and then with how far it has
 * come: a database that is further back than that without its log is torn. (Whoever opens and closes one with any
 * other program moves the log into it, and takes nothing away.)
 *
 * The file stays the same one: Codex' sandbox mounts over the files here while a command starts, and fails when one is
 * replaced in that moment.
 */
export function markOpen(database: string, position: DatabasePosition): void {
  const name = basename(database)
  const note = `In use, or not closed: the newest changes are in ${name}-wal. Copy both.`
  const line = `${JSON.stringify({ note, ...position }).padEnd(markLength - 1)}\n`
  const file = openSync(openMark(database), constants.O_CREAT | constants.O_WRONLY, 0o600)
  try {
    writeSync(file, line, 0)
    ftruncateSync(file, Buffer.byteLength(line))
  } finally {
    closeSync(file)
  }
}

/** Nothing will be written any more. Call before it is closed: then a death in between is no false alarm. */
export function unmarkOpen(database: string): void {
  rmSync(openMark(database), { force: true })
}

function readMark(database: string): DatabasePosition | null {
  if (!existsSync(openMark(database))) return null
  try {
    const { starts, entries } = JSON.parse(readFileSync(openMark(database), 'utf8')) as Partial<DatabasePosition>
    return { starts: starts ?? 0, entries: entries ?? 0 }
  } catch {
    // Nobody knows how far it had come: anything may be missing.
    return { starts: Number.POSITIVE_INFINITY, entries: 0 }
  }
}

/** What the database file holds by itself. Touches nothing; one that cannot be read holds nothing. */
function readPosition(database: string): DatabasePosition {
  const file = pathToFileURL(database)
  file.search = '?immutable=1'
  let db: DatabaseSync | null = null
  try {
    db = new DatabaseSync(file, { readOnly: true })
    const count = (sql: string): number => Number(db?.prepare(sql).get()?.['value'] ?? 0)
    return {
      starts: count(`select value from meta where key = 'starts'`),
      entries: count('select max(seq) as value from run_events'),
    }
  } catch {
    return { starts: 0, entries: 0 }
  } finally {
    db?.close()
  }
}

function isOlder(one: DatabasePosition, than: DatabasePosition): boolean {
  return one.starts < than.starts || one.entries < than.entries
}

function openMark(database: string): string {
  return `${database}-open`
}

/** An empty file is a fresh one, or a copy that failed. */
function isMissing(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/** Whether a folder holds anything but the folder's own id. */
function hasMore(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name !== 'id')
}
