import { sql, type Kysely } from 'kysely'
import type { Purse } from '../core/admission.ts'
import { never } from '../core/budget.ts'
import type { RuntimeName, WorkerId } from '../core/ids.ts'
import { isLive, type State } from '../core/lifecycle.ts'
import type { Machine } from '../core/machine.ts'
import type { Hold, MachineHold } from '../core/quota.ts'
import { readMachines } from './machines.ts'
import type { Tables } from './schema.ts'

/** What admission has to know of the machines. */
interface Rooms {
  /** What is free on each. */
  readonly purses: readonly Purse[]
  /** Which of the board's purses that is for a session. */
  pursesOf(session: string): readonly number[]
  holdOf(session: string): Hold | null
}

/** How much room there is where the sessions of these runs work; null: all of them work on the bot's own machine. */
export async function roomsOf(
  db: Kysely<Tables>,
  rows: readonly { readonly session: string; readonly state: State }[],
  agentsHere: boolean,
  purseFrom: number,
): Promise<Rooms | null> {
  const machines = await readMachines(db)
  if (machines.length === 0 && agentsHere) return null
  const open = db.selectFrom('runs').select('session').where('state', '<>', sql.lit('over'))
  const sessions = await db.selectFrom('omc_sessions').select(['id', 'worker']).where('id', 'in', open).execute()
  const workerOf = new Map(sessions.map(({ id, worker }) => [id, worker]))
  const live = new Map<string, number>()
  for (const { session, state } of rows) {
    const worker = workerOf.get(session) ?? null
    if (worker !== null && isLive(state)) live.set(worker, (live.get(worker) ?? 0) + 1)
  }
  const purses = machines.map(({ id, capacity }) => ({ left: capacity - (live.get(id) ?? 0), each: 1 }))
  return {
    purses,
    pursesOf(session) {
      const at = machines.findIndex(({ id }) => id === workerOf.get(session))
      return at === -1 ? [] : [purseFrom + at]
    },
    holdOf: (session) => holdWith(machines, workerOf.get(session) ?? null, agentsHere),
  }
}

/** Why nothing of a session begins now on its machine. */
export async function holdOfMachine(db: Kysely<Tables>, session: string, agentsHere: boolean): Promise<Hold | null> {
  const row = await db.selectFrom('omc_sessions').select('worker').where('id', '=', session).executeTakeFirst()
  const worker = row?.worker ?? null
  if (worker === null && agentsHere) return null
  return holdWith(await readMachines(db), worker, agentsHere)
}

function holdWith(machines: readonly Machine[], worker: string | null, agentsHere: boolean): Hold | null {
  if (worker === null) return agentsHere ? null : hold({ id: null, why: 'gone' })
  const id = worker as WorkerId
  const machine = machines.find((each) => each.id === id)
  if (machine === undefined || !machine.isHere) return hold({ id, why: 'gone' })
  return machine.isDraining ? hold({ id, why: 'draining' }) : null
}

function hold(machine: MachineHold): Hold {
  return { until: never, runtime: '' as RuntimeName, window: null, model: null, machine }
}
