import type { MessageId } from './ids.ts'
import type { Place } from './place.ts'

/** A link that takes the reader to a message, or to its place when there is none. */
export function jump(place: Place, message: MessageId | null, label: string): string {
  const guild = place.kind === 'dm' ? '@me' : place.guild
  const to = message === null ? place.id : `${place.id}/${message}`
  return `[${label}](https://discord.com/channels/${guild}/${to})`
}
