import type { Selectable } from 'kysely'
import type { Entry, RunEvent } from '../core/event.ts'
import { Problem } from '../core/failure.ts'
import type {
  AccountId,
  MessageId,
  PersonId,
  RunId,
  RuntimeName,
  SessionId,
  SessionKey,
  WorkerId,
} from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import type { Session, Worktree } from '../core/session.ts'
import type { RunEventTable, SessionTable } from './schema.ts'

/** A journal line from its row. Throws a `bug` problem that names the row when it does not parse. */
export function entryOf(row: Selectable<RunEventTable>): Entry {
  const event = parse(row.json, `run_events ${row.seq}`) as RunEvent
  if (event.type !== row.type) throw damaged(`run_events ${row.seq}`, `says ${row.type} but holds ${event.type}`)
  return { run: row.run as RunId, seq: row.seq, at: row.at, event }
}

/** Entries of rows that came in no order. */
export function entriesInOrder(rows: readonly Selectable<RunEventTable>[]): readonly Entry[] {
  return rows.toSorted((a, b) => a.seq - b.seq).map(entryOf)
}

/** The row of a new session. */
export function rowOfSession(session: Session): Omit<SessionTable, 'seq'> {
  return {
    id: session.id,
    key: session.key,
    place: JSON.stringify(session.place),
    name: session.name,
    runtime: session.runtime,
    workdir: session.workdir,
    model: session.model,
    owner: session.owner,
    account: session.account,
    cli_session_id: session.conversation?.id ?? null,
    transcript: session.conversation?.transcript ?? null,
    worktree: session.worktree === null ? null : JSON.stringify(session.worktree),
    worker: session.worker,
    trusted: session.trusted ? 1 : 0,
    since: session.since,
    started_at: session.startedAt,
    ended_at: session.endedAt,
  }
}

/** A session from its row. Throws a `bug` problem that names the row when it does not parse. */
export function sessionOf(row: Selectable<SessionTable>): Session {
  return {
    id: row.id as SessionId,
    key: row.key as SessionKey,
    place: parse(row.place, `omc_sessions ${row.id}`) as Place,
    name: row.name,
    runtime: row.runtime as RuntimeName,
    workdir: row.workdir,
    model: row.model,
    owner: row.owner as PersonId,
    account: row.account as AccountId,
    conversation: row.cli_session_id === null ? null : { id: row.cli_session_id, transcript: row.transcript },
    worktree: row.worktree === null ? null : worktreeOf(row.worktree, `omc_sessions ${row.id}`),
    worker: row.worker as WorkerId | null,
    trusted: row.trusted === 1,
    since: row.since as MessageId,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}

/** An earlier version did not write what it borrows, because nothing did. */
export function worktreeOf(json: string, row: string): Worktree {
  return { borrows: null, ...(parse(json, row) as Omit<Worktree, 'borrows'>) }
}

/** JSON that this program wrote itself. `row` names where it stands. */
export function parse(json: string, row: string): object {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw damaged(row, 'is no JSON', error)
  }
  throw damaged(row, 'is no JSON object')
}

export function damaged(row: string, how: string, cause?: unknown): Problem {
  return new Problem('bug', `The row ${row} of the database ${how}; restore a backup and report it.`, { cause })
}
