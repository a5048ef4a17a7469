import { INTENT } from './intents.ts'
import { newChannel } from './description.ts'
import { wireChannel } from './wire-channel.ts'
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
