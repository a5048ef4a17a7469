import type { PlaceId } from './ids.ts'
import type { Person } from './person.ts'

/** Which of these places exist for a person: one that they cannot see does not (SPEC F1). Each is looked at once. */
export async function seenPlaces(
  person: Person,
  places: Iterable<PlaceId>,
  eyes: { sees(person: Person, place: PlaceId): Promise<boolean> },
): Promise<ReadonlySet<PlaceId>> {
  const each = [...new Set(places)]
  const sees = await Promise.all(each.map((place) => eyes.sees(person, place)))
  return new Set(each.filter((_place, at) => sees[at]))
}
