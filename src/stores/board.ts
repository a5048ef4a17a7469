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
  const people = new Set(rows.map((row) => row.person as PersonId))
  if (asker !== undefined) people.add(asker)
  return { waiting, live, served: await servedOf(db, people) }
}

async function servedOf(db: Kysely<Tables>, people: ReadonlySet<PersonId>): Promise<ReadonlyMap<PersonId, Seq>> {
  const served = new Map<PersonId, Seq>()
  for (const person of people) {
    const latest = await db
      .selectFrom('runs')
      .select((run) => run.fn.max('admitted_seq').as('seq'))
      .where('person', '=', person)
      .where('admitted_seq', 'is not', null)
      .executeTakeFirst()
    if (typeof latest?.seq === 'number') served.set(person, latest.seq)
  }
  return served
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
