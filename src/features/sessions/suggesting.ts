import type { Doors } from '../../core/doors.ts'
import type { RuntimeName } from '../../core/ids.ts'
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
