import type { PlaceId, SessionKey } from './ids.ts'

/** A Discord thread, channel or DM. `channel` is the channel that a thread belongs to. */
export type Place =
  | { readonly kind: 'thread'; readonly id: PlaceId; readonly channel: PlaceId; readonly guild: string }
  | { readonly kind: 'channel'; readonly id: PlaceId; readonly guild: string }
  | { readonly kind: 'dm'; readonly id: PlaceId }

/** Where something has changed: a place (and the threads in it), or a whole guild. */
export type Whereabouts = { readonly place: PlaceId } | { readonly guild: string }

/**
 * The one function that names the session of a place; messages, slash commands and buttons all use it.
 * A snowflake never contains `:`, so the three forms cannot collide.
 */
export function composeSessionKey(place: Place): SessionKey {
  switch (place.kind) {
    case 'thread':
      return place.id as string as SessionKey
    case 'channel':
      return `channel:${place.id}` as SessionKey
    case 'dm':
      return `dm:${place.id}` as SessionKey
  }
}

/** The channel whose limits and grants count for a place: a thread's parent, otherwise the place itself. */
export function channelOf(place: Place): PlaceId {
  return place.kind === 'thread' ? place.channel : place.id
}
