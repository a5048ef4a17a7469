import type { Spot } from '../core/chat.ts'

/** The address that Discord jumps to. */
export function urlOf({ place, message }: Spot): string {
  return `https://discord.com/channels/${place.kind === 'dm' ? '@me' : place.guild}/${place.id}/${message}`
}
