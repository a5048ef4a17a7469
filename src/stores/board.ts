import { sql, type Kysely } from 'kysely'
import { holdOf, type AccountState } from '../core/account.ts'
import type { Hold } from '../core/quota.ts'
import type { Board, Candidate } from '../core/admission.ts'
import type { EpochMs } from '../core/clock.ts'
import type { AccountId, PersonId, PlaceId, RunId, RuntimeName, Seq, SessionId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import { readAccounts } from './accounts.ts'
import { parse } from './rows.ts'
import type { RunTable, Tables } from './schema.ts'

type BoardRow = Pick<RunTable, 'id' | 'session' | 'person' | 'channel' | 'account' | 'state' | 'hold' | 'asked_seq'>

/**
 * What admission looks at. `served` holds everyone who is on the board, and `asker`, who is about to be: it is looked
 * up for these alone, so it costs the same after a year as on the first day.
 */
export async function readBoard(db: Kysely<Tables>, at: EpochMs, asker?: PersonId): Promise<Board> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'session', 'person', 'channel', 'account', 'state', 'hold', 'asked_seq', 'admitted_seq'])
    // A literal, not a parameter: SQLite uses a partial index only when it can see the condition.
    .where('state', '<>', sql.lit('over'))
    .orderBy('asked_seq')
    .execute()
  const heldBack = await holdsOf(db, at)
  const waiting = rows.filter((row) => !isLive(row.state)).map((row) => candidateOf(row, heldBack(row)))
  const atWork = rows.filter((row) => isLive(row.state))
  const live = atWork.sort((a, b) => (a.admitted_seq ?? 0) - (b.admitted_seq ?? 0))
  return {
    waiting,
    live: live.map((row) => candidateOf(row, null)),
    served: await servedOf(db, asker ?? null),
  }
}

/** How many runs are at work: an index of a handful of lines. */
export async function countLive(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ readonly live: number }>`
    select count(*) as live from runs where state in ('starting', 'running', 'asking', 'stopping')`.execute(db)
  return rows[0]?.live ?? 0
}

/** What holds a session's next prompt back at that moment. */
export async function holdOfSession(db: Kysely<Tables>, session: string, at: EpochMs): Promise<Hold | null> {
  const resting = (await readAccounts(db)).filter((each) => isResting(each, at))
  if (resting.length === 0) return null
  const rows = db.selectFrom('omc_sessions').select(['runtime', 'account', 'model']).where('id', '=', session)
  const row = await rows.executeTakeFirst()
  const state = row === undefined ? undefined : find(resting, row)
  return state === undefined ? null : holdOf(state, row?.model ?? null, at)
}

/** Says of each run that waits what holds it back. Where no account rests, nothing is looked up for it. */
async function holdsOf(db: Kysely<Tables>, at: EpochMs): Promise<(row: BoardRow) => Hold | null> {
  const resting = (await readAccounts(db)).filter((each) => isResting(each, at))
  if (resting.length === 0) return (row) => ownHold(row, at)
  const sessions = await db
    .selectFrom('omc_sessions')
    .select(['id', 'runtime', 'model'])
    .where('id', 'in', db.selectFrom('runs').select('session').where('state', '<>', sql.lit('over')))
    .execute()
  const known = new Map(sessions.map((each) => [each.id, each]))
  return (row) => {
    const own = ownHold(row, at)
    if (own !== null) return own
    const session = known.get(row.session)
    if (session === undefined) return null
    const state = find(resting, { runtime: session.runtime, account: row.account })
    if (state === undefined) return null
    if (row.state !== 'parked' || row.hold === null) return holdOf(state, session.model, at)
    // It was refused itself: what is true of its model counts, whatever its session calls it.
    return holdOf(state, (parse(row.hold, `runs ${row.id}`) as Hold).model, at)
  }
}

/** What holds one run back alone: it waits for the model's service. */
function ownHold({ id, state, hold }: BoardRow, at: EpochMs): Hold | null {
  if (state !== 'parked' || hold === null) return null
  const own = parse(hold, `runs ${id}`) as Hold
  return own.service !== undefined && own.until > at ? own : null
}

function find(
  states: readonly AccountState[],
  of: { readonly runtime: string; readonly account: string },
): AccountState | undefined {
  return states.find(({ runtime, account }) => runtime === (of.runtime as RuntimeName) && account === of.account)
}

function isResting({ rests }: AccountState, at: EpochMs): boolean {
  return rests.some(({ until }) => until > at)
}

/** One query for everyone. Each person's latest is the last of theirs in an index, however often they were served. */
async function servedOf(db: Kysely<Tables>, asker: PersonId | null): Promise<ReadonlyMap<PersonId, Seq>> {
  const { rows } = await sql<{ readonly person: PersonId; readonly seq: Seq | null }>`
    select person, (
      select max(admitted_seq) from runs where runs.person = people.person and admitted_seq is not null
    ) as seq
    from (select person from runs where state <> 'over' union select ${asker}) as people
    where person is not null`.execute(db)
  return new Map(rows.flatMap(({ person, seq }) => (seq === null ? [] : [[person, seq] as const])))
}

function candidateOf(row: BoardRow, hold: Hold | null): Candidate {
  return {
    run: row.id as RunId,
    session: row.session as SessionId,
    person: row.person as PersonId,
    channel: row.channel as PlaceId,
    account: row.account as AccountId,
    asked: row.asked_seq,
    hold,
  }
}
