import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { Problem } from '../../core/failure.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import type { Tables } from '../schema.ts'
import { tracesIn } from '../sqlite/whole.ts'

/** The folder's own name for itself. */
export const idName = 'database.id'

/** How often its database had been led when a bot of this folder took the lead last. */
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
    await refuseOutdated(db, folder, name)
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
 */
async function refuseOutdated(db: Kysely<Tables>, folder: string, name: string): Promise<void> {
  // In this order: a bot that takes the lead at this moment writes it into the folder first.
  const { rows } = await sql<{ readonly value: number }>`select value from meta where key = 'lead'`.execute(db)
  const here = textOf(join(folder, leadName))
  if (here === null || Number(here) >= (rows[0]?.value ?? 0)) return
  throw new Problem(
    'refused',
    `The bot of the database ${name} has been started on another copy of the data folder ${folder} since this one was used: ` +
      `what was kept there is not here. Start it there, or put that copy here. If it is lost, remove ` +
      `${join(folder, leadName)}: then this one is taken as it is. Nothing was changed.`,
  )
}

/** Keeps that the bot of this folder takes the lead now, before the database knows: so the folder is never behind by a death. */
export async function takesLead(db: Kysely<Tables>, folder: string): Promise<void> {
  const lead = await db.selectFrom('meta').select('value').where('key', '=', 'lead').executeTakeFirstOrThrow()
  writeAtomically(join(folder, leadName), `${lead.value + 1}\n`)
}

/** What the folder is called; null: it has no name yet. */
export function nameOf(folder: string): string | null {
  return textOf(join(folder, idName))
}

function textOf(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null
}
