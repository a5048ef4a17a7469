import type { Selectable, Transaction } from 'kysely'
import type { Approval } from '../core/approval.ts'
import type { Entry, RunEvent } from '../core/event.ts'
import { Problem } from '../core/failure.ts'
import { isLive, newRun, step, type Run } from '../core/lifecycle.ts'
import { channelOf } from '../core/place.ts'
import type { Conversation } from '../core/session.ts'
import type { ToolCall } from '../core/tool-call.ts'
import { parse } from './rows.ts'
import type { RunTable, Tables } from './schema.ts'

type RunRow = Selectable<RunTable>

const endsAttempt: ReadonlySet<RunEvent['type']> = new Set(['lost', 'forgotten', 'parked'])

/** The row of a run after one more entry. Throws a `bug` problem when the lifecycle does not allow the entry. */
export function project(row: RunRow, entry: Entry): RunRow {
  const run = step(runOf(row), entry.event)
  if (run === null) throw impossible(row.id, row.state, entry.event)
  const { type } = entry.event
  return {
    ...row,
    state: run.state,
    attempt: run.attempts,
    parks: run.parks,
    goes_on: run.goesOn ? 1 : 0,
    used: type === 'used' ? 1 : row.used,
    hold: holdAfter(row, run, entry.event),
    approvals: run.open.length === 0 ? '[]' : JSON.stringify(run.open),
    calls: run.calls.length === 0 ? '[]' : JSON.stringify(run.calls),
    // The cursor counts within one attempt's output.
    cursor: endsAttempt.has(type) || type === 'admitted' ? null : row.cursor,
    account: entry.event.type === 'admitted' ? entry.event.account : row.account,
    // Of two who put it first, the first one has.
    promoted_seq: type === 'promoted' ? (row.promoted_seq ?? entry.seq) : row.promoted_seq,
    admitted_seq: type === 'admitted' ? entry.seq : row.admitted_seq,
    started_at: type === 'started' ? (row.started_at ?? entry.at) : row.started_at,
    ended_seq: run.state === 'over' ? entry.seq : null,
    ended_at: run.state === 'over' ? entry.at : null,
  }
}

/** The columns that a later entry can change: writing only these leaves the other indexes alone. */
export function changesOf(row: RunRow) {
  const { state, attempt, parks, goes_on, used, hold, approvals, calls, cursor, account } = row
  const { promoted_seq, admitted_seq, ended_seq, started_at, ended_at } = row
  return {
    state,
    attempt,
    parks,
    goes_on,
    used,
    hold,
    approvals,
    calls,
    cursor,
    account,
    promoted_seq,
    admitted_seq,
    ended_seq,
    started_at,
    ended_at,
  }
}

/** The row of a run that was just asked. `account` is its session's, until an admission says otherwise. */
export function firstRow(entry: Entry, account: string): RunRow {
  const { event } = entry
  const run = step(newRun, event)
  if (event.type !== 'asked' || run === null) throw impossible(entry.run, 'new', event)
  const { prompt } = event
  return {
    id: entry.run,
    prompt_key: prompt.key,
    session: prompt.session,
    person: prompt.speaker.id,
    channel: channelOf(prompt.place),
    account,
    state: run.state,
    attempt: run.attempts,
    parks: run.parks,
    goes_on: 0,
    used: 0,
    hold: null,
    roles: JSON.stringify(prompt.speaker.roles),
    chain: prompt.letter?.chain ?? null,
    approvals: '[]',
    calls: '[]',
    cursor: null,
    asked_seq: entry.seq,
    promoted_seq: null,
    admitted_seq: null,
    ended_seq: null,
    started_at: null,
    ended_at: null,
  }
}

/**
 * What an event says about its session's conversation: that it is this one, that the one we knew is gone (null), or
 * nothing (undefined). A conversation that the CLI no longer finds is set aside, or the session could never go on.
 */
export function conversationAfter(event: RunEvent): Conversation | null | undefined {
  if (event.type === 'started') return event.conversation ?? undefined
  if (event.type === 'forgotten') return null
  const failed = event.type === 'finished' && event.outcome.kind === 'failed' ? event.outcome.trouble.code : null
  return failed === 'conversation-gone' ? null : undefined
}

/** Writes a session's conversation; null: it has none any more. */
export async function keepConversation(
  trx: Transaction<Tables>,
  session: string,
  conversation: Conversation | null,
): Promise<void> {
  await trx
    .updateTable('omc_sessions')
    .set({ cli_session_id: conversation?.id ?? null, transcript: conversation?.transcript ?? null })
    .where('id', '=', session)
    .execute()
}

/** What may happen next with a run, from its row. */
export function runOf(row: RunRow): Run {
  const open = row.approvals === '[]' ? [] : (parse(row.approvals, `runs ${row.id}`) as readonly Approval[])
  const calls = row.calls === '[]' ? [] : (parse(row.calls, `runs ${row.id}`) as readonly ToolCall[])
  const { state, attempt: attempts, parks } = row
  return { state, open, calls, attempts, parks, goesOn: row.goes_on === 1, isHeld: isLive(state) && row.hold !== null }
}

/** What a run is parked for, or is to be. */
function holdAfter({ hold }: RunRow, { state, isHeld }: Run, event: RunEvent): string | null {
  const isNew = (event.type === 'parked' && state === 'parked') || (event.type === 'held' && isHeld)
  return isNew ? JSON.stringify(event.hold) : isHeld || (state === 'parked' && event.type === 'allowed') ? hold : null
}

function impossible(run: string, state: string, event: RunEvent): Problem {
  return new Problem(
    'bug',
    `Run ${run} is ${state}: the event '${event.type}' cannot happen to it. Nothing was written.`,
  )
}
