import type { AccountSlot } from './account.ts'
import type { WorkerId } from './ids.ts'
import type { Machine } from './machine.ts'

/** An account, with where its login is. */
export interface PlacedSlot extends AccountSlot {
  /** Null: the bot's own machine. */
  readonly machines: readonly (WorkerId | null)[]
}

/**
 * The accounts of all machines, each once. One is known by its agent and its name: where two machines have one of the same name, it is
 * one account, and rests on both. `own`: those of the bot's own machine.
 */
export function placedSlots(
  own: readonly AccountSlot[],
  machines: readonly Machine[],
  agentsHere: boolean,
): readonly PlacedSlot[] {
  const found = new Map<string, PlacedSlot>()
  const add = (at: WorkerId | null, slots: readonly AccountSlot[]): void => {
    for (const { runtime, account, shared } of slots) {
      const before = found.get(`${runtime}:${account}`)
      found.set(`${runtime}:${account}`, {
        runtime,
        account,
        shared: shared || before?.shared === true,
        machines: [...(before?.machines ?? []), at],
      })
    }
  }
  if (agentsHere || machines.length === 0) add(null, own)
  for (const { id, accounts } of machines) add(id, accounts)
  return [...found.values()]
}

/** The accounts where a session works. */
export function slotsAt(
  worker: WorkerId | null,
  own: readonly AccountSlot[],
  machines: readonly Machine[],
): readonly AccountSlot[] {
  return worker === null ? own : (machines.find(({ id }) => id === worker)?.accounts ?? [])
}
