import { Refusal } from './refusal.ts'
import type { Channel, User } from './records.ts'
import type { World } from './world.ts'

/** These write as often as they like; so do bots. */
const EXEMPT = ['BypassSlowmode', 'ManageMessages', 'ManageChannels'] as const

/** Refuses a person who writes again before the channel's slowmode lets them: 429 with code 20016. */
export function needPatience(world: World, author: User, channel: Channel): void {
  if (channel.slowmode === 0 || author.bot) return
  if (EXEMPT.some((permission) => world.may(author, channel, permission))) return
  const now = world.clock.now()
  const waitMs = (channel.lastSentBy.get(author.id) ?? -Infinity) + channel.slowmode * 1000 - now
  if (waitMs > 0) {
    const message = 'This action cannot be performed due to slowmode rate limit'
    throw new Refusal(429, 20016, message, undefined, { retry_after: waitMs / 1000, global: false })
  }
  channel.lastSentBy.set(author.id, now)
}
