import { randomInt, randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { Problem } from '../../core/failure.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import type { Tables } from '../schema.ts'
import { tracesIn } from '../sqlite/whole.ts'

/** The folder's own name for itself. */
export const idName = 'database.id'

/** Who led when its bot, or its machine, took the lead last: see `raiseNumber`. */
const leadName = 'database.lead'

/** What stands in a database in the place of its folder's name when everything was moved into that folder. */
export function movedFrom(id: string): string {
  return `moved:${id}`
}

/**
 * A database and a data folder belong together: agents at work, transcripts and attachments are in the folder. Two that do
 * not are refused, or running agents would be ended and every session forgotten.
 * @throws {Problem} `refused`, with what to do.
 */
export async function ownFolder(db: Kysely<Tables>, folder: string, name: string): Promise<void> {
  if (await isKnownFolder(db, folder, name)) return
  const found = tracesIn(folder)
  if (found.length > 0) {
    throw new Problem(
      'refused',
      `The database ${name} is empty, but ${found.join(' and ')} in ${folder} ${found.length === 1 ? 'is' : 'are'} of an ` +
        `earlier start. Set OMC_DATABASE_URL as it was then; to begin anew, choose another OMC_DATA_DIR. Nothing was changed.`,
    )
  }
  const mine = nameOf(folder)
  const id = mine ?? randomUUID()
  if (mine === null) writeAtomically(join(folder, idName), `${id}\n`)
  await sql`insert into data_folder values (${id})`.execute(db)
}

/**
 * Whether the database has a data folder, and this is the one. Changes nothing.
 * @throws {Problem} `refused`, when it is another: also to one that would only stand by, so that nobody finds it out when the
 * first is dead.
 */
export async function isKnownFolder(db: Kysely<Tables>, folder: string, name: string): Promise<boolean> {
  const { rows: tables } = await sql<{ readonly is: boolean }>`
    select to_regclass('data_folder') is not null as is`.execute(db)
  if (tables[0]?.is !== true) return false
  const { rows } = await sql<{ readonly id: string }>`select id from data_folder`.execute(db)
  const known = rows[0]?.id ?? null
  const mine = nameOf(folder)
  if (known === null) return false
  if (known === mine) {
    await refuseOutdated(db, folder, 'lead', name)
    return true
  }
  if (mine !== null && known === movedFrom(mine))
    throw new Problem(
      'refused',
      `What the database ${name} held was moved into ${folder}. Take OMC_DATABASE_URL out of .env, or name an empty database.`,
    )
  throw new Problem(
    'refused',
    `The database ${name} is that of another data folder than ${folder}: agents at work, transcripts and attachments lie ` +
      `there. Set OMC_DATA_DIR to that folder, or OMC_DATABASE_URL to another database; a bot that stands by has the same ` +
      `folder as the one that leads, on the same machine. Nothing was changed.`,
  )
}

/**
 * A folder can be brought to another machine, and the bot be started there. The one that was left behind is not taken for it when
 * somebody starts the bot there again: what agents and the bot wrote since is not in it.
 * @param key whose folder it is: `lead` for the bot, `worker:<id>` for a machine.
 * @throws {Problem} `refused`.
 */
export async function refuseOutdated(db: Kysely<Tables>, folder: string, key: string, name: string): Promise<void> {
  // In this order: whoever takes the lead at this moment writes it into the folder first.
  const now = await lastLead(db, key)
  const here = leadsIn(folder)
  if (here.length === 0 || here.some((lead) => isCurrent(lead, now))) return
  const who = key === 'lead' ? `The bot of the database ${name}` : `The machine ${key.slice('worker:'.length)}`
  throw new Problem(
    'refused',
    `${who} has been started on another copy of the data folder ${folder} since this one was used: ` +
      `what was kept there is not here. Start it there, or put that copy here. If it is lost, remove ` +
      `${join(folder, leadName)}: then this one is taken as it is. Nothing was changed.`,
  )
}

/**
 * Gives the number under which this folder's process writes from now on. The folder has it before the database, so it is never behind by
 * a death; it keeps what the database knows as well, and each has a mark that no other has: of two copies that one tried to go on with
 * and died, and another one did, the first is known for what it is.
 */
export async function raiseNumber(db: Kysely<Tables>, folder: string, key: string): Promise<number> {
  const now = await lastLead(db, key)
  const next = { number: (now?.number ?? 0) + 1, mark: randomInt(1, 2 ** 48 - 1) }
  const kept = leadsIn(folder).filter((lead) => lead.number <= (now?.number ?? 0) && isCurrent(lead, now))
  writeAtomically(join(folder, leadName), [...kept, next].map(lineOf).join(''))
  const raise = async (trx: Kysely<Tables>): Promise<void> => {
    const was = now?.number ?? 0
    // It waits for what a leader before has not finished; nothing of theirs is written after it.
    const raised = await trx
      .insertInto('meta')
      .values({ key, value: next.number })
      .onConflict((known) => known.column('key').doUpdateSet({ value: next.number }).where('meta.value', '=', was))
      .executeTakeFirst()
    if (raised.numInsertedOrUpdatedRows !== 1n)
      throw new Problem('wire', 'Another one was started in the same moment, and was faster. Nothing was written.')
    const mark = trx.insertInto('meta').values({ key: markOf(key), value: next.mark })
    await mark.onConflict((known) => known.column('key').doUpdateSet({ value: next.mark })).execute()
  }
  await (db.isTransaction ? raise(db) : db.transaction().execute(raise))
  return next.number
}

/** Who has led last: a number, and a mark that no other leader has. */
interface Lead {
  readonly number: number
  /** Null: it was kept before there were marks. */
  readonly mark: number | null
}

/** Null: nobody has led yet. */
async function lastLead(db: Kysely<Tables>, key: string): Promise<Lead | null> {
  const rows = await db
    .selectFrom('meta')
    .selectAll()
    .where('key', 'in', [key, markOf(key)])
    .execute()
  const valueOf = (named: string): number | null => rows.find((row) => row.key === named)?.value ?? null
  const number = valueOf(key)
  return number === null ? null : { number, mark: valueOf(markOf(key)) }
}

function markOf(key: string): string {
  return `mark:${key}`
}

/** A number that is ahead is that of a database that was put back from a dump, or of a start that died. */
function isCurrent(here: Lead, now: Lead | null): boolean {
  if (now === null || here.number > now.number) return true
  return here.mark === null || now.mark === null ? here.number === now.number : here.mark === now.mark
}

/** What stands in a folder: who led when it was used last, and who was about to. */
function leadsIn(folder: string): readonly Lead[] {
  const lines = textOf(join(folder, leadName))?.split('\n') ?? []
  return lines.filter(Boolean).map((line) => {
    const [number, mark] = line.split(' ').map(Number)
    return { number: number ?? 0, mark: mark ?? null }
  })
}

function lineOf({ number, mark }: Lead): string {
  return mark === null ? `${number}\n` : `${number} ${mark}\n`
}

/** What the folder is called; null: it has no name yet. */
export function nameOf(folder: string): string | null {
  return textOf(join(folder, idName))
}

function textOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null
}
