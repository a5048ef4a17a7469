import { sql, type Kysely, type Transaction } from 'kysely'
import type { ChainId, PlaceId } from '../core/ids.ts'
import { isTaskBusy, type Task } from '../core/task.ts'
import type { ListedTask, TaskPage, Tasks } from '../core/tasks.ts'
import { parse } from './rows.ts'
import type { Tables } from './schema.ts'

/** Tasks in a database: columns of the chains that they name. Literals, so that the partial indexes serve. */
export class DatabaseTasks implements Tasks {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async task(chain: ChainId): Promise<Task | null> {
    const row = await this.#db.selectFrom('omc_chains').select('task').where('id', '=', chain).executeTakeFirst()
    return row?.task == null ? null : taskOf(row.task)
  }

  async busy(): Promise<readonly Task[]> {
    const rows = this.#db.selectFrom('omc_chains').select('task').where('task_busy', '=', sql.lit(1)).orderBy('seq')
    return (await rows.execute()).map(({ task }) => taskOf(task))
  }

  async openAt(place: PlaceId): Promise<readonly Task[]> {
    const open = { place, settled: false, before: null, most: -1 }
    return (await this.page(open)).map(({ task }) => task).toReversed()
  }

  async page({ place, settled, before, most }: TaskPage): Promise<readonly ListedTask[]> {
    const which = settled ? anyStatus : openStatus
    const older = before === null ? sql`` : sql`and seq < ${before}`
    const first = most < 0 ? sql`` : sql`limit ${most}`
    const at = (side: 'task_to' | 'task_origin') =>
      sql`select * from (select seq, task from omc_chains where ${which} and ${sql.ref(side)} = ${place} ${older} order by seq desc ${first}) as ${sql.ref(side)}`
    // One look for each side: an `or` would go through all of them.
    const rows =
      place === null
        ? sql<Row>`select seq, task from omc_chains where ${which} ${older} order by seq desc ${first}`
        : sql<Row>`select seq, task from (${at('task_to')} union ${at('task_origin')}) as tasks order by seq desc ${first}`
    return (await rows.execute(this.#db)).rows.map(({ seq, task }) => ({ position: seq, task: taskOf(task) }))
  }
}

interface Row {
  readonly seq: number
  readonly task: string
}

const anyStatus = sql`task_status is not null`
const openStatus = sql`task_status in ('pending', 'accepted', 'in_progress')`

/** Keeps what a task is now in the row of its chain. False: somebody else has changed it meanwhile. */
export async function keepTask(trx: Transaction<Tables>, task: Task): Promise<boolean> {
  const set = {
    task: JSON.stringify(task),
    task_status: task.status,
    task_to: task.to.place.id,
    task_origin: task.origin.place.id,
    task_busy: isTaskBusy(task) ? 1 : 0,
    task_version: task.version,
  }
  const row = trx.updateTable('omc_chains').set(set).where('id', '=', task.chain)
  return (
    (
      await row
        .where('task_version', '=', task.version - 1)
        .returning('id')
        .execute()
    ).length > 0
  )
}

function taskOf(json: string | null): Task {
  return parse(json ?? '', 'omc_chains') as Task
}
