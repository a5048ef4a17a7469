import { INTENT } from './intents.ts'
import { newChannel } from './description.ts'
import { isThread, wireChannel, wireThread } from './wire-channel.ts'
import type { Channel, User } from './records.ts'
import type { World } from './world.ts'

/** The DM between two users, opened when there is none yet. Nobody is told before the first message. */
export function openDm(world: World, one: User, other: User): Channel {
  for (const channel of world.channels.values()) {
    if (channel.type === 1 && channel.recipients.includes(one.id) && channel.recipients.includes(other.id))
      return channel
  }
  const channel = newChannel(world, { type: 1, recipients: [one.id, other.id] })
  world.channels.set(channel.id, channel)
  // Bots never hear of a DM this way; people's own clients do.
  world.emit({
    name: 'CHANNEL_CREATE',
    data: (viewer) => wireChannel(world, channel, viewer),
    audience: { users: [one, other].filter((user) => !user.bot).map((user) => user.id) },
    intents: 0,
  })
  return channel
}

export function announceChannel(world: World, channel: Channel, name: 'CHANNEL_CREATE' | 'CHANNEL_UPDATE'): void {
  world.emit({
    name,
    data: (viewer) => wireChannel(world, channel, viewer),
    audience: { channel: channel.id },
    intents: INTENT.guilds,
  })
}

/**
 * Changes who may see a channel, and tells each what changed for them: people gain or lose it, bots know every channel
 * of their guild and hear of an update. Whoever gains it learns of the threads in it.
 */
export function changeAccess(world: World, channel: Channel, change: () => void): void {
  const guildId = channel.guildId ?? ''
  const users = [...world.guild(guildId).members.keys()].flatMap((id) => world.users.get(id) ?? [])
  const before = new Set(users.filter((user) => world.maySee(user, channel)))
  change()
  const now = new Set(users.filter((user) => world.maySee(user, channel)))
  const gained = users.filter((user) => now.has(user) && !before.has(user))
  const tell = (name: string, to: readonly User[]) =>
    world.emit({
      name,
      data: (viewer) => wireChannel(world, channel, viewer),
      audience: { users: to.map((user) => user.id) },
      intents: INTENT.guilds,
    })
  const people = (user: User) => !user.bot
  tell(
    'CHANNEL_UPDATE',
    users.filter((user) => user.bot || (now.has(user) && before.has(user))),
  )
  tell('CHANNEL_CREATE', gained.filter(people))
  tell('CHANNEL_DELETE', users.filter((user) => before.has(user) && !now.has(user)).filter(people))
  const threads = world.channelsOf(guildId).filter(isThread)
  world.emit({
    name: 'THREAD_LIST_SYNC',
    data: (viewer) => {
      const here = threads.filter((one) => one.parentId === channel.id && !one.thread.archived)
      const seen = here.filter((one) => world.maySee(viewer, one)).map((one) => wireThread(world, one, viewer))
      return {
        guild_id: guildId,
        channel_ids: [channel.id],
        threads: seen,
        members: seen.flatMap((one) => one.member ?? []),
      }
    },
    audience: { users: gained.map((user) => user.id) },
    intents: INTENT.guilds,
  })
}

/** Deletes a channel with its threads and messages. */
export function deleteChannel(world: World, channel: Channel): void {
  for (const thread of world
    .channelsOf(channel.guildId ?? '')
    .filter((one) => one.thread && one.parentId === channel.id)) {
    deleteChannel(world, thread)
  }
  const data = channel.thread
    ? { id: channel.id, guild_id: channel.guildId, parent_id: channel.parentId, type: channel.type }
    : wireChannel(world, channel)
  // Said before it is gone, while it is still known who could see it.
  world.emit({
    name: channel.thread ? 'THREAD_DELETE' : 'CHANNEL_DELETE',
    data,
    audience: { channel: channel.id },
    intents: INTENT.guilds,
  })
  for (const message of world.messages.get(channel.id)?.values() ?? []) {
    for (const attachment of message.attachments) world.attachments.delete(attachment.id)
  }
  world.messages.delete(channel.id)
  world.channels.delete(channel.id)
}
