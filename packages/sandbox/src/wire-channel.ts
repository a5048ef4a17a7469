import { isoTime } from './clock.ts'
import type { Channel, Overwrite, Thread, User } from './records.ts'
import type { ThreadMemberResponse, ThreadResponse, UserResponse } from './rest/described/messages.ts'
import type { GuildChannelResponse, PrivateChannelResponse } from './rest/described/places.ts'
import type { World } from './world.ts'

export function wireUser(user: User): UserResponse {
  return {
    id: user.id,
    username: user.username,
    global_name: user.globalName,
    discriminator: user.bot ? '0001' : '0',
    avatar: null,
    avatar_decoration_data: null,
    collectibles: null,
    banner: null,
    accent_color: null,
    public_flags: 0,
    flags: 0,
    primary_guild: null,
    ...(user.bot ? { bot: true } : {}),
  }
}

export function wireThreadMember(threadId: string, userId: string, joinedAt: number): ThreadMemberResponse {
  return { id: threadId, user_id: userId, join_timestamp: isoTime(joinedAt), flags: 0 }
}

/** A channel, thread or DM for one viewer: a DM names the other person, a thread the viewer's membership. */
export function wireChannel(
  world: World,
  channel: Channel,
  viewer?: User,
): GuildChannelResponse | PrivateChannelResponse | ThreadResponse {
  if (channel.guildId === null) return wireDm(world, channel, viewer)
  return isThread(channel) ? wireThread(world, channel, viewer) : wireGuildChannel(channel)
}

export type ThreadChannel = Channel & { thread: Thread }

export const isThread = (channel: Channel): channel is ThreadChannel => channel.thread !== null

function common(channel: Channel) {
  return {
    id: channel.id,
    type: channel.type,
    last_message_id: channel.lastMessageId,
    flags: 0,
    ...(channel.lastPinAt === null ? {} : { last_pin_timestamp: isoTime(channel.lastPinAt) }),
  }
}

export function wireDm(world: World, channel: Channel, viewer?: User): PrivateChannelResponse {
  const others = channel.recipients.filter((id) => id !== viewer?.id)
  return { ...common(channel), recipients: others.map((id) => wireUser(world.user(id))) }
}

export function wireThread(world: World, channel: ThreadChannel, viewer?: User): ThreadResponse {
  const { thread } = channel
  const joinedAt = viewer && thread.members.get(viewer.id)
  return {
    ...common(channel),
    guild_id: channel.guildId ?? '',
    name: channel.name,
    parent_id: channel.parentId,
    rate_limit_per_user: channel.slowmode,
    owner_id: thread.ownerId,
    thread_metadata: {
      archived: thread.archived,
      archive_timestamp: isoTime(thread.archiveChangedAt),
      auto_archive_duration: thread.autoArchive,
      locked: thread.locked,
      create_timestamp: isoTime(thread.createdAt),
      ...(channel.type === 12 ? { invitable: thread.invitable } : {}),
    },
    message_count: thread.messageCount,
    member_count: Math.min(thread.members.size, 50),
    total_message_sent: thread.totalSent,
    ...(world.channels.get(channel.parentId ?? '')?.type === 15 ? { applied_tags: thread.appliedTags } : {}),
    ...(joinedAt === undefined ? {} : { member: wireThreadMember(channel.id, viewer?.id ?? '', joinedAt) }),
  }
}

function wireOverwrite(overwrite: Overwrite) {
  return {
    id: overwrite.id,
    type: overwrite.type,
    allow: overwrite.allow.toString(),
    deny: overwrite.deny.toString(),
  }
}

export function wireGuildChannel(channel: Channel): GuildChannelResponse {
  const place = {
    ...common(channel),
    guild_id: channel.guildId ?? '',
    name: channel.name,
    position: channel.position,
    parent_id: channel.parentId,
    permission_overwrites: channel.overwrites.map(wireOverwrite),
  }
  if (channel.type === 4) return place
  return {
    ...place,
    topic: channel.topic,
    nsfw: channel.nsfw,
    rate_limit_per_user: channel.slowmode,
    default_auto_archive_duration: channel.defaultAutoArchive,
    ...(channel.type === 15
      ? {
          available_tags: channel.tags.map((tag) => ({
            id: tag.id,
            name: tag.name,
            moderated: tag.moderated,
            emoji_id: tag.emojiId,
            emoji_name: tag.emojiName,
          })),
          default_reaction_emoji: null,
          default_sort_order: null,
          default_forum_layout: 0,
        }
      : {}),
  }
}
