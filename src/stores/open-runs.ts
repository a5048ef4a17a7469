import { sql, type Expression, type Selectable } from 'kysely'
import type { RunEvent } from '../core/event.ts'
import type { RunId, Seq, SessionId, WorkerId } from '../core/ids.ts'
import type { OpenRun } from '../core/journal.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Hold } from '../core/quota.ts'
import type { Cursor } from '../core/runtime.ts'
import { damaged, parse } from './rows.ts'
import type { RunTable } from './schema.ts'

type RunRow = Selectable<RunTable>

/** The last `reworded` of a run, as JSON text; null: none. A literal type, so that the partial index serves it. */
export function rewordedIn(run: Expression<unknown>) {
  return sql<string | null>`(
    select json from run_events as later
    where later.run = ${run} and later.type = 'reworded'
    order by later.seq desc limit 1
  )`
}

/** The machine that a session works on. */
export function workerOf(session: Expression<unknown>) {
  return sql<string | null>`(select worker from omc_sessions where omc_sessions.id = ${session})`
}

/** A run as the journal has it now. */
export function openRunOf(
  row: Pick<
    RunRow,
    'id' | 'session' | 'state' | 'attempt' | 'parks' | 'goes_on' | 'hold' | 'cursor' | 'asked_seq' | 'promoted_seq'
  > & {
    readonly worker: string | null
    readonly json: string
    readonly reworded: string | null
  },
): OpenRun {
  return {
    run: row.id as RunId,
    session: row.session as SessionId,
    worker: row.worker as WorkerId | null,
    state: row.state,
    attempt: row.attempt,
    parks: row.parks,
    goesOn: row.goes_on === 1,
    isPromoted: row.promoted_seq !== null,
    hold: row.hold === null ? null : (parse(row.hold, `runs ${row.id}`) as Hold),
    prompt: promptOf(row.json, row.reworded, row.asked_seq),
    cursor: row.cursor as Cursor | null,
  }
}

/** The prompt as it was asked, or as it was worded last. */
export function promptOf(json: string, reworded: string | null, seq: Seq): Prompt {
  const event = parse(json, `run_events ${seq}`) as RunEvent
  if (event.type !== 'asked') throw damaged(`run_events ${seq}`, `should hold a prompt but holds ${event.type}`)
  if (reworded === null) return event.prompt
  const { text, attachments } = parse(reworded, `run_events ${seq}`) as Extract<RunEvent, { type: 'reworded' }>
  return { ...event.prompt, text, attachments }
}
