import { sql, type Kysely } from 'kysely'
import type { WorkerId } from '../core/ids.ts'
import type { Machine, MachineReport, Machines, MachineVitals } from '../core/machine.ts'
import type { Commits } from './commits.ts'
import { isShared, lockOf } from './locks.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'

/** The machines in a database. */
export class DatabaseMachines implements Machines {
  readonly #db: Kysely<Tables>
  readonly #commits: Commits

  constructor(db: Kysely<Tables>, commits: Commits) {
    this.#db = db
    this.#commits = commits
  }

  all(): Promise<readonly Machine[]> {
    return readMachines(this.#db)
  }

  async tell(id: WorkerId, vitals: MachineVitals): Promise<void> {
    await this.#commits.writeWithNext(async (trx) => {
      const own = trx.selectFrom('workers').select('json').where('id', '=', id)
      const row = await own.executeTakeFirst()
      if (row === undefined) return
      const json = JSON.stringify({ ...keptOf(row.json, id), vitals })
      await trx.updateTable('workers').set({ json }).where('id', '=', id).execute()
    })
  }

  async drain(id: WorkerId, isDraining: boolean): Promise<boolean> {
    const changed = await this.#commits.write((trx) => {
      const known = trx
        .updateTable('workers')
        .set({ draining: isDraining ? 1 : 0 })
        .where('id', '=', id)
      return known.where('dropped', '=', 0).returning('id').executeTakeFirst()
    })
    return changed !== undefined
  }

  async drop(id: WorkerId): Promise<boolean> {
    return this.#commits.write(async (trx) => {
      const known = trx.updateTable('workers').set({ dropped: 1, draining: 0 }).where('id', '=', id)
      const was = await known.where('dropped', '=', 0).returning('id').executeTakeFirst()
      if (was === undefined) return false
      const raised = trx.updateTable('meta').set((old) => ({ value: old('value', '+', 1) }))
      await raised.where('key', '=', mandateOf(id)).execute()
      return true
    })
  }
}

/** What stands in a machine's row; one that is new has said no vitals. */
interface Kept extends MachineReport {
  readonly vitals?: MachineVitals
}

function keptOf(json: string, id: string): Kept {
  return parse(json, `workers ${id}`) as Kept
}

/** As whom a machine writes. */
export function mandateOf(id: WorkerId): string {
  return `worker:${id}`
}

/** The machines, with whether each is there at this moment: whether somebody holds its lock. */
export async function readMachines(db: Kysely<Tables>): Promise<readonly Machine[]> {
  if (!isShared(db)) return []
  const rows = db.selectFrom('workers').select(['id', 'draining', 'json']).where('dropped', '=', 0).orderBy('id')
  const locked = sql<boolean>`exists (
    select 1 from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted
      and database = (select oid from pg_database where datname = current_database())
      and ((classid::bigint << 32) | objid::bigint) = ${sql.raw(lockOf(`'worker:' || workers.id`))}
  )`
  return (await rows.select(locked.as('here')).execute()).map(({ id, json, here, draining }) => {
    const { vitals = null, ...report } = keptOf(json, id)
    return { ...report, id: id as WorkerId, vitals: here ? vitals : null, isHere: here, isDraining: draining === 1 }
  })
}
