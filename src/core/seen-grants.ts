import type { PlaceId } from './ids.ts'
import type { Person } from './person.ts'
import type { Grant } from './policy.ts'
import { seenPlaces } from './seen-places.ts'

/** The grants that somebody may hear of. */
export interface SeenGrants {
  readonly seen: readonly Grant[]
  /** How many hold in places that do not exist for them. */
  readonly hidden: number
}

/** A grant names a place, and a place that somebody cannot see does not exist for them (SPEC F1). */
export async function seenGrants(
  person: Person,
  grants: readonly Grant[],
  eyes: { sees(person: Person, place: PlaceId): Promise<boolean> },
): Promise<SeenGrants> {
  const named = grants.flatMap(({ scope }) => (scope.kind === 'global' ? [] : [scope.id]))
  const places = await seenPlaces(person, named, eyes)
  const seen = grants.filter(({ scope }) => scope.kind === 'global' || places.has(scope.id))
  return { seen, hidden: grants.length - seen.length }
}
