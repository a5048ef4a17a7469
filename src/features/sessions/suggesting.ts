import type { Doors } from '../../core/doors.ts'
import type { RuntimeName } from '../../core/ids.ts'
import type { Place } from '../../core/place.ts'
import { seatAt } from '../../core/session-lookup.ts'

/** Discord shows so many at once. */
const offered = 25

/** Models that fit what was typed, for the runtime of a place's session, or for the one named. */
export async function models(
  { vault, runtimes }: Pick<Doors, 'vault' | 'runtimes'>,
  place: Place,
  typed: string,
  named: string | null,
): Promise<readonly string[]> {
  const name = named ?? (await seatAt(vault, place))?.session.runtime
  const models = (await runtimes.get(name as RuntimeName)?.models()) ?? []
  return models.filter((model) => fits(model, typed)).slice(0, offered)
}

/** Names of live sessions of other places that fit what was typed. */
export async function names(vault: Doors['vault'], place: Place, typed: string): Promise<readonly string[]> {
  const live = (await vault.liveSessions()).filter((session) => session.place.id !== place.id)
  return live
    .map(({ name }) => name)
    .filter((name) => fits(name, typed))
    .slice(0, offered)
}

function fits(name: string, typed: string): boolean {
  return name.toLowerCase().includes(typed.trim().toLowerCase())
}
