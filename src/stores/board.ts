import { sql, type Kysely } from 'kysely'
import type { Board, Candidate } from '../core/admission.ts'
import type { AccountId, PersonId, PlaceId, RunId, Seq, SessionId } from '../core/ids.ts'
import { isLive } from '../core/lifecycle.ts'
import type { RunTable, Tables } from './schema.ts'

/**
 * What admission looks at. `served` holds everyone who is on the board, and `asker`, who is about to be: it is looked
 * up for these alone, so it costs the same after a year as on the first day.
 */
export async function readBoard(db: Kysely<Tables>, asker?: PersonId): Promise<Board> {
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'session', 'person', 'channel', 'account', 'state', 'asked_seq', 'admitted_seq'])
    // A literal, not a parameter: SQLite uses a partial index only when it can see the condition.
    .where('state', '<>', sql.lit('over'))
    .orderBy('asked_seq')
    .execute()
  const waiting = rows.filter((row) => !isLive(row.state)).map(candidateOf)
  const atWork = rows.filter((row) => isLive(row.state))
  const live = atWork.sort((a, b) => (a.admitted_seq ?? 0) - (b.admitted_seq ?? 0)).map(candidateOf)
  return { waiting, live, served: await servedOf(db, asker ?? null) }
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

function candidateOf(
  row: Pick<RunTable, 'id' | 'session' | 'person' | 'channel' | 'account' | 'asked_seq'>,
): Candidate {
  return {
    run: row.id as RunId,
    session: row.session as SessionId,
    person: row.person as PersonId,
    channel: row.channel as PlaceId,
    account: row.account as AccountId,
    asked: row.asked_seq,
  }
}
