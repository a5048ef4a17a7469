import { placedSlots, slotsAt } from '../../core/account-places.ts'
import type { Doors } from '../../core/doors.ts'
import type { RuntimeName, WorkerId } from '../../core/ids.ts'
import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import type { Session } from '../../core/session.ts'
import { bindingAt } from '../../core/session-lookup.ts'

/** Discord shows so many at once. */
const offered = 25

/** Models that fit what was typed, for the runtime of a place's session, or for the one named. */
export async function models(
  { vault, runtimes }: Pick<Doors, 'vault' | 'runtimes'>,
  place: Place,
  typed: string,
  named: string | null,
): Promise<readonly string[]> {
  const name = named ?? (await bindingAt(vault, place))?.session.runtime
  const models = (await runtimes.get(name as RuntimeName)?.models()) ?? []
  return models.filter((model) => fits(model, typed)).slice(0, offered)
}

/** Folders of a machine, as somebody types one; left out: of the bot's own, or the first that is there. */
export async function folders(
  { vault, workspaces, agentsHere }: Pick<Doors, 'vault' | 'workspaces' | 'agentsHere'>,
  typed: string,
  worker: string | null,
): Promise<readonly string[]> {
  if (worker === null && agentsHere) return workspaces(null).suggest(typed)
  const there = (await vault.machines.all()).filter(({ isHere }) => isHere)
  const found = worker === null ? there[0] : there.find(({ id }) => id === (worker as WorkerId))
  return found === undefined ? [] : workspaces(found.id).suggest(typed)
}

/** Folders where the session of a place works. */
export async function foldersHere(
  { vault, workspaces }: Pick<Doors, 'vault' | 'workspaces'>,
  place: Place,
  typed: string,
): Promise<readonly string[]> {
  return workspaces((await bindingAt(vault, place))?.session.worker ?? null).suggest(typed)
}

/** Names of machines that take sessions. */
export async function machines({ vault }: Pick<Doors, 'vault'>, typed: string): Promise<readonly string[]> {
  const there = (await vault.machines.all()).filter(({ isHere, isDraining }) => isHere && !isDraining)
  return there.flatMap(({ id }) => (fits(id, typed) ? [id as string] : [])).slice(0, offered)
}

/** Accounts of a runtime that fit what was typed: of a machine; left out: of all on which the session may come to work. */
export async function accountNames(
  { accounts, vault, agentsHere }: Pick<Doors, 'accounts' | 'vault' | 'agentsHere'>,
  typed: string,
  { runtime, worker }: { readonly runtime: string | null; readonly worker: string | null },
): Promise<readonly string[]> {
  const machines = await vault.machines.all()
  const isOwn = worker === null && agentsHere
  const all =
    isOwn || worker !== null
      ? slotsAt(worker as WorkerId | null, accounts, machines)
      : placedSlots(accounts, machines, agentsHere)
  const of = all.filter((slot) => slot.runtime === runtime && fits(slot.account, typed))
  return of.map(({ account }) => account as string).slice(0, offered)
}

/** Names of live sessions of other places that this person can see, and that fit what was typed. */
export async function names(
  { vault, gate }: Pick<Doors, 'vault' | 'gate'>,
  by: Person,
  here: Place,
  typed: string,
): Promise<readonly string[]> {
  const live = (await vault.liveSessions()).filter(({ name, place }) => place.id !== here.id && fits(name, typed))
  return (await seenBy(gate, by, live)).map(({ name }) => name).slice(0, offered)
}

/** The sessions among these whose places a person can see. */
export async function seenBy(
  gate: Pick<Doors['gate'], 'sees'>,
  by: Person,
  sessions: readonly Session[],
): Promise<readonly Session[]> {
  const seen = await Promise.all(sessions.map(({ place }) => gate.sees(by, place)))
  return sessions.filter((_, nth) => seen[nth] === true)
}

function fits(name: string, typed: string): boolean {
  return name.toLowerCase().includes(typed.trim().toLowerCase())
}
