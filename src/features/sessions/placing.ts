import type { AccountSlot } from '../../core/account.ts'
import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import type { AccountId, RuntimeName, WorkerId } from '../../core/ids.ts'
import { isLive } from '../../core/lifecycle.ts'
import type { Machine } from '../../core/machine.ts'
import { no, yes } from '../../core/result.ts'
import type { Runtime } from '../../core/runtime.ts'

export const usualAccount = 'default'

/** The logins of an agent among these. */
export function accountsOf({ name }: Pick<Runtime, 'name'>, slots: readonly AccountSlot[]): readonly AccountId[] {
  const named = slots.filter(({ runtime }) => runtime === name).map(({ account }) => account)
  return [...new Set([usualAccount as AccountId, ...named])]
}

/**
 * The machine that a new session works on; null: the bot's own. The one that was asked for; else the bot's own where it has
 * agents; else the one with most room of those that have the agent and, where they were named, the account and the folder.
 */
export async function placeFor(
  {
    worker,
    workdir,
    account,
  }: { readonly worker: string | null; readonly workdir: string | null; readonly account: string | null },
  runtime: RuntimeName,
  doors: Pick<Doors, 'vault' | 'journal' | 'workspaces' | 'agentsHere'>,
): Promise<Result<Machine | null>> {
  if (worker === null && doors.agentsHere) return yes(null)
  const all = await doors.vault.machines.all()
  if (worker !== null) {
    const found = all.find(({ id }) => id === worker)
    if (found === undefined) return no({ code: 'machine-unknown', machine: worker, known: all.map(({ id }) => id) })
    if (!found.isHere) return no({ code: 'machine-away', machine: worker })
    return found.isDraining ? no({ code: 'machine-draining', machine: worker }) : yes(found)
  }
  const able = all.filter((each) => each.isHere && !each.isDraining && each.runtimes.includes(runtime))
  const having = able.filter((each) => accountsOf({ name: runtime }, each.accounts).includes(account as AccountId))
  const byRoom = await inOrderOfRoom(account === null || having.length === 0 ? able : having, doors)
  const [first] = byRoom
  if (first === undefined) return no({ code: 'machine-none', runtime })
  if (workdir === null) return yes(first)
  let refusal: Result<string> | null = null
  for (const each of byRoom) {
    const found = await doors.workspaces(each.id).resolve(workdir)
    if (found.ok) return yes(each)
    refusal ??= found
  }
  return refusal?.ok === false ? refusal : yes(first)
}

/** The most free places first, then the fewest sessions. */
async function inOrderOfRoom(
  machines: readonly Machine[],
  { vault, journal }: Pick<Doors, 'vault' | 'journal'>,
): Promise<readonly Machine[]> {
  const live = (await journal.open()).filter(({ state }) => isLive(state))
  const sessions = await vault.liveSessions()
  const of = (id: WorkerId, these: readonly { readonly worker: WorkerId | null }[]): number =>
    these.filter(({ worker }) => worker === id).length
  const roomOf = ({ id, capacity }: Machine): number => capacity - of(id, live)
  return machines.toSorted((a, b) => roomOf(b) - roomOf(a) || of(a.id, sessions) - of(b.id, sessions))
}
