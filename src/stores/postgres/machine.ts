import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { sql, type Kysely } from 'kysely'
import { messageOf, Problem } from '../../core/failure.ts'
import type { Finding } from '../../core/finding.ts'
import type { WorkerId } from '../../core/ids.ts'
import type { MachineReport } from '../../core/machine.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { mandateOf, readMachines } from '../machines.ts'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../schema.ts'
import { tracesIn } from '../sqlite/whole.ts'
import { idName, nameOf, raiseNumber, refuseOutdated } from './data-folder.ts'
import { openPostgres } from './postgres.ts'

/**
 * Enters a machine with its data folder, and gives the number with which it writes from now on: an earlier life of it writes
 * nothing any more. Its folder is its own, because its agents at work are in it.
 * @throws {Problem} `refused`, with what to do.
 */
export async function enterMachine(
  db: Kysely<Tables>,
  { id, folder, name, report }: { id: WorkerId; folder: string; name: string; report: MachineReport },
): Promise<number> {
  await sameSchema(db, name)
  const kept = nameOf(folder)
  const mine = kept ?? randomUUID()
  return db.transaction().execute(async (trx) => {
    await sql`lock table workers in exclusive mode`.execute(trx)
    await refuseForeign(trx, { id, folder, name })
    if (kept === null) writeAtomically(join(folder, idName), `${mine}\n`)
    const json = JSON.stringify(report)
    await trx
      .insertInto('workers')
      .values({ id, folder: mine, json })
      .onConflict((same) => same.column('id').doUpdateSet({ json, folder: mine, dropped: 0 }))
      .execute()
    return raiseNumber(trx, folder, mandateOf(id))
  })
}

/** Further apart than this, waits, expiries and logins that both speak of come to nothing. As the bot's from Discord's (`discord/skew`). */
const mostApartMs = 30 * 60_000

interface Entrant {
  readonly id: WorkerId
  /** The time here. */
  readonly now: () => number
  readonly folder: string
  /** Of the database, in words. */
  readonly name: string
}

/**
 * Whether a machine could enter with this folder. Changes nothing. Also for one that would only stand by, so that nobody finds it out
 * when the first is dead.
 * @throws {Problem}
 */
export async function mayEnter(db: Kysely<Tables>, entrant: Entrant): Promise<void> {
  await sameSchema(db, entrant.name)
  await refuseForeign(db, entrant)
  await sameTime(db, entrant)
}

/** The bot's clock is held against Discord's; a machine's against the database's, which all have in common. */
async function sameTime(db: Kysely<Tables>, { id, now, name }: Entrant): Promise<void> {
  const { rows } = await sql<{
    readonly now: number
  }>`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(db)
  const aheadMs = now() - (rows[0]?.now ?? 0)
  if (Math.abs(aheadMs) <= mostApartMs) return
  throw new Problem(
    'refused',
    `The clock of the machine ${id} is ${Math.round(Math.abs(aheadMs) / 60_000)} min ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ` +
      `the database ${name}. Set both by NTP, and start again. Nothing was changed.`,
  )
}

/** Refuses a data folder that is the bot's or another machine's, and a machine whose folder is another one. Changes nothing. */
async function refuseForeign(db: Kysely<Tables>, { id, folder, name }: Omit<Entrant, 'now'>): Promise<void> {
  const mine = nameOf(folder)
  const known = await db.selectFrom('workers').select(['id', 'folder', 'dropped']).execute()
  const { rows: bots } = await sql<{ readonly id: string }>`select id from data_folder`.execute(db)
  const before = known.find((each) => each.id === id)
  const other = known.find((each) => each.folder === mine && each.id !== id)
  const no = (text: string): Problem => new Problem('refused', `${text} Nothing was changed.`)
  if (bots.some((each) => each.id === mine))
    throw no(`The data folder ${folder} is the bot's own. Set OMC_DATA_DIR to another one for the machine ${id}.`)
  if (other !== undefined)
    throw no(
      `The data folder ${folder} is that of the machine ${other.id}. Set OMC_WORKER_ID to that, or OMC_DATA_DIR.`,
    )
  // One that was given up has nobody at work any more, so any folder will do.
  if (before?.dropped === 0 && before.folder !== mine)
    throw no(
      `The machine ${id} has another data folder than ${folder}: its agents at work are there. Set OMC_DATA_DIR to that, ` +
        'or choose another OMC_WORKER_ID; for one that is gone for good an owner uses /worker drop first.',
    )
  await refuseOutdated(db, folder, mandateOf(id), name)
  const traces = before?.folder === mine ? [] : tracesIn(folder)
  if (traces.length > 0)
    throw no(
      `${traces.join(' and ')} in ${folder} ${traces.length === 1 ? 'is' : 'are'} of another bot. Choose another OMC_DATA_DIR.`,
    )
}

/**
 * What `doctor` says of the place of a machine in the database: whether it could enter with this folder, and is there
 * already. Changes nothing.
 */
export async function lookAtMachine(url: string, { id, folder, now }: Omit<Entrant, 'name'>): Promise<Finding> {
  const found = { id: 'machine', mend: null }
  const { db, name, close } = openPostgres(url)
  try {
    await mayEnter(db, { id, folder, name, now })
    const here = (await readMachines(db)).find((each) => each.id === id)
    if (here === undefined) return { ...found, level: 'ok', text: `The machine ${id} can enter; it is new to the bot.` }
    if (here.isDraining) {
      const mend = 'An owner ends that with /worker resume.'
      return { ...found, level: 'warning', text: `Nothing new begins on the machine ${id}.`, mend }
    }
    const text = here.isHere ? `The machine ${id} runs on ${here.host}; another one would stand by.` : null
    return { ...found, level: 'ok', text: text ?? `The bot knows the machine ${id}, and it does not run now.` }
  } catch (error) {
    return { ...found, level: 'error', text: messageOf(error) }
  } finally {
    await close()
  }
}

/** Only the bot changes tables; bot and machines are of one version. */
async function sameSchema(db: Kysely<Tables>, name: string): Promise<void> {
  const { rows: there } = await sql<{
    readonly is: boolean
  }>`select to_regclass('schema_version') is not null as is`.execute(db)
  const { rows } =
    there[0]?.is === true
      ? await sql<{ readonly version: number }>`select version from schema_version`.execute(db)
      : { rows: [] }
  const version = rows[0]?.version ?? 0
  if (version === migrations.length) return
  throw new Problem(
    version === 0 ? 'wire' : 'refused',
    version === 0
      ? `The database ${name} is empty. Start the bot first (discord-orchestrator start --role control): it makes the tables.`
      : `The database ${name} has schema version ${version}, this program ${migrations.length}. Bot and machines must be of one ` +
          `version: upgrade ${version > migrations.length ? 'this machine' : 'the bot, and start it,'} first.`,
  )
}
