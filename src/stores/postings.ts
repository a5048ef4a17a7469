import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { MessageId, RunId } from '../core/ids.ts'
import type { Owner, Posting, Postings } from '../core/message.ts'
import type { Note } from '../core/note.ts'
import type { Panel } from '../core/panel.ts'
import type { Place } from '../core/place.ts'
import type { Prompt } from '../core/prompt.ts'
import type { Commits } from './commits.ts'
import { parse } from './rows.ts'
import type { MessageTable, Tables } from './schema.ts'

/** A note's only message, and a panel's. */
const noteRole = 'note'
const panelRole = 'panel'

/** What is said to Discord, in a database. */
export class DatabasePostings implements Postings {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  async of(owner: Owner): Promise<readonly Posting[]> {
    const rows = this.#db.selectFrom('messages').selectAll().where('owner', '=', owner).orderBy('seq')
    return (await rows.execute()).map(postingOf)
  }

  async keep(posting: Posting): Promise<void> {
    const { owner, role, ...state } = rowOf(posting)
    await this.#commits.write((trx) =>
      trx
        .insertInto('messages')
        .values({ owner, role, ...state })
        .onConflict((known) => known.columns(['owner', 'role']).doUpdateSet(state))
        .execute(),
    )
  }

  async forget(owner: Owner, role: string): Promise<void> {
    await this.#commits.write((trx) =>
      trx.deleteFrom('messages').where('owner', '=', owner).where('role', '=', role).execute(),
    )
  }

  async settled(owner: Owner): Promise<void> {
    await this.#commits.writeWithNext((trx) =>
      trx
        .updateTable('messages')
        .set({ settled: 1 })
        .where('owner', '=', owner)
        .where('settled', '=', sql.lit(0))
        .execute(),
    )
  }

  async unsettled(): Promise<readonly Owner[]> {
    const rows = this.#db.selectFrom('messages').select('owner').where('settled', '=', sql.lit(0)).orderBy('seq')
    return [...new Set((await rows.execute()).map(({ owner }) => owner as Owner))]
  }

  note(note: Note, nonce: string): Promise<boolean> {
    return this.#commits.write((trx) => addNote(trx, note, nonce))
  }

  async panel(key: string): Promise<Panel | null> {
    const row = await this.#db
      .selectFrom('messages')
      .select('note')
      .where('owner', '=', `panel:${key}`)
      .where('role', '=', panelRole)
      .executeTakeFirst()
    return row?.note == null ? null : (parse(row.note, 'messages') as Panel)
  }

  async noted(key: string): Promise<Note | null> {
    const row = await this.#db
      .selectFrom('messages')
      .select('note')
      .where('owner', '=', `note:${key}`)
      .where('role', '=', noteRole)
      .executeTakeFirst()
    return row?.note == null ? null : (parse(row.note, 'messages') as Note)
  }
}

/** Keeps what a panel shows now, in a transaction of somebody else's: it is to be said, also when it had been. */
export async function keepPanel(trx: Transaction<Tables>, panel: Panel): Promise<void> {
  const [place, note] = [JSON.stringify(panel.place), JSON.stringify(panel)]
  await trx
    .insertInto('messages')
    .values({ owner: `panel:${panel.key}`, role: panelRole, place, nonce: '', note })
    .onConflict((known) => known.columns(['owner', 'role']).doUpdateSet({ note, settled: 0 }))
    .execute()
}

/** That something will have to be said about a run: kept with its asking, so that no death comes in between. */
export function firstMessageOf(run: RunId, { place }: Prompt) {
  return { owner: `run:${run}`, role: '0', place: JSON.stringify(place), nonce: '' }
}

/** Keeps a note inside a transaction of somebody else's, too. False: it was known. */
export async function addNote(trx: Transaction<Tables>, note: Note, nonce: string): Promise<boolean> {
  const added = await trx
    .insertInto('messages')
    .values({
      owner: `note:${note.key}`,
      role: noteRole,
      place: JSON.stringify(note.place),
      nonce,
      note: JSON.stringify(note),
    })
    .onConflict((known) => known.doNothing())
    .returning('seq')
    .executeTakeFirst()
  return added !== undefined
}

function rowOf(posting: Posting) {
  const { owner, role, place, nonce, at, message, postedAt, shown, end, frozen, over } = posting
  return {
    owner,
    role,
    place: JSON.stringify(place),
    nonce,
    intended_at: at,
    message,
    posted_at: postedAt,
    shown,
    text_end: end,
    frozen: frozen ? 1 : 0,
    over: over ? 1 : 0,
    plainness: posting.plainness,
    refused: posting.refused,
    closed_since: posting.closedSince,
    settled: 0,
  }
}

function postingOf(row: Selectable<MessageTable>): Posting {
  return {
    owner: row.owner as Owner,
    role: row.role,
    place: parse(row.place, 'messages') as Place,
    nonce: row.nonce,
    at: row.intended_at,
    message: row.message as MessageId | null,
    postedAt: row.posted_at,
    shown: row.shown,
    end: row.text_end,
    frozen: row.frozen === 1,
    over: row.over === 1,
    plainness: row.plainness,
    refused: row.refused,
    closedSince: row.closed_since,
  }
}
