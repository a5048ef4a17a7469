import type { EpochMs } from './clock.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'

/** Whom the operator's page is opened for. What they are is read when it is looked at, never kept. */
export interface PageGuest {
  readonly person: Person
  /** Where they are judged: in the guild they asked in, or their direct message. */
  readonly place: Place
}

/** Opens the page once. */
export interface PageLink {
  readonly url: string
  readonly until: EpochMs
}

/** The way in to the operator's page. */
export interface PageLinks {
  /** A link for this person alone; null: the page is switched off. */
  link(guest: PageGuest): Promise<PageLink | null>
}

/** Where somebody is judged for the whole guild that a place is in: no grant for a single channel counts there. */
export function guildOf(place: Place): Place {
  return place.kind === 'dm' ? place : { kind: 'channel', id: '0' as Place['id'], guild: place.guild }
}
