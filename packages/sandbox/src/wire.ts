import { isoTime } from './clock.ts'
import { attachmentUrl } from './media.ts'
import { wirePoll } from './wire-poll.ts'
import { isThread, wireThread, wireUser } from './wire-channel.ts'
import type { Guild, InteractionOrigin, Member, Message, Role, User, Webhook } from './records.ts'
import type { MessageResponse } from './rest/described/messages.ts'
import type { World } from './world.ts'

type Origin = NonNullable<MessageResponse['interaction_metadata']>

/** Records as Discord writes them. Which keys a shape must have is checked by the oracle, not by hand. */

/** The user as they see themselves. */
export function wireSelf(user: User) {
  return { ...wireUser(user), mfa_enabled: true, locale: user.locale, premium_type: 0, email: null, verified: true }
}

export function wireRole(role: Role) {
  return {
    id: role.id,
    name: role.name,
    permissions: role.permissions.toString(),
    position: role.position,
    color: role.color,
    colors: { primary_color: role.color, secondary_color: null, tertiary_color: null },
    hoist: role.hoist,
    managed: role.managed,
    mentionable: role.mentionable,
    icon: null,
    unicode_emoji: null,
    flags: 0,
    ...(role.botId === undefined ? {} : { tags: { bot_id: role.botId } }),
  }
}

/** A member without the user, as it stands beside an author. */
export function wireBareMember(member: Member) {
  return {
    avatar: null,
    banner: null,
    communication_disabled_until: member.timedOutUntil === null ? null : isoTime(member.timedOutUntil),
    flags: 0,
    joined_at: isoTime(member.joinedAt),
    nick: member.nick,
    pending: false,
    premium_since: null,
    roles: [...member.roles],
  }
}

export function wireMember(world: World, member: Member) {
  return { ...wireBareMember(member), user: wireUser(world.user(member.userId)), mute: false, deaf: false }
}

export function wireGuild(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    description: null,
    home_header: null,
    splash: null,
    discovery_splash: null,
    features: [],
    banner: null,
    owner_id: guild.ownerId,
    application_id: null,
    region: 'rotterdam',
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    widget_enabled: false,
    widget_channel_id: null,
    verification_level: 0,
    roles: [...guild.roles.values()].map(wireRole),
    default_message_notifications: 1,
    mfa_level: 0,
    explicit_content_filter: 0,
    max_presences: null,
    max_members: 500_000,
    max_stage_video_channel_users: 50,
    max_video_channel_users: 25,
    vanity_url_code: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    preferred_locale: guild.locale,
    rules_channel_id: null,
    safety_alerts_channel_id: null,
    public_updates_channel_id: null,
    premium_progress_bar_enabled: false,
    nsfw: false,
    nsfw_level: 0,
    emojis: [],
    stickers: [],
    incidents_data: null,
  }
}

function wireOrigin(world: World, origin: InteractionOrigin): Origin {
  const user = world.users.get(origin.userId)
  return {
    id: origin.id,
    type: origin.type,
    ...(user ? { user: wireUser(user) } : {}),
    authorizing_integration_owners: { '0': origin.guildId ?? '0' },
    ...(origin.originalResponseId === undefined ? {} : { original_response_message_id: origin.originalResponseId }),
    ...(origin.targetMessageId === undefined ? {} : { target_message_id: origin.targetMessageId }),
    ...(origin.targetUserId === undefined ? {} : { target_user: wireUser(world.user(origin.targetUserId)) }),
    ...(origin.clickedMessageId === undefined ? {} : { interacted_message_id: origin.clickedMessageId }),
    ...(origin.triggeredBy ? { triggering_interaction_metadata: wireOrigin(world, origin.triggeredBy) } : {}),
  }
}

function wireAuthor(world: World, message: Message) {
  if (!message.webhook) return wireUser(world.user(message.authorId))
  return {
    id: message.webhook.id,
    username: message.webhook.name,
    global_name: null,
    discriminator: '0000',
    avatar: null,
    public_flags: 0,
    flags: 0,
    bot: true,
    primary_guild: null,
  }
}

function wireAttachments(world: World, message: Message) {
  return message.attachments.map((attachment) => ({
    id: attachment.id,
    filename: attachment.filename,
    size: attachment.size,
    url: attachmentUrl(world, attachment),
    proxy_url: attachmentUrl(world, attachment),
    content_type: attachment.contentType,
    ...(attachment.description === null ? {} : { description: attachment.description }),
    ...(attachment.ephemeral ? { ephemeral: true } : {}),
  }))
}

/** The message that a forward shows: without its author, on purpose. */
function wireSnapshot(world: World, message: Message) {
  return {
    message: {
      type: message.type,
      content: message.content,
      mentions: message.mentions.flatMap((id) => world.users.get(id) ?? []).map(wireUser),
      mention_roles: message.mentionRoles,
      attachments: wireAttachments(world, message),
      embeds: message.embeds,
      timestamp: isoTime(message.sentAt),
      edited_timestamp: message.editedAt === null ? null : isoTime(message.editedAt),
      flags: message.flags,
      components: message.components,
    },
  }
}

/** A message as REST gives it; `viewer` decides whether a reaction is one's own. */
export function wireMessage(world: World, message: Message, viewer?: User, withReference = true): MessageResponse {
  const thread = message.threadId === null ? undefined : world.channels.get(message.threadId)
  const { reference, origin } = message
  const referenced = reference ? world.messages.get(reference.channelId)?.get(reference.messageId) : undefined
  return {
    id: message.id,
    channel_id: message.channelId,
    type: message.type,
    content: message.content,
    author: wireAuthor(world, message),
    mentions: message.mentions.flatMap((id) => world.users.get(id) ?? []).map(wireUser),
    mention_roles: message.mentionRoles,
    mention_everyone: message.mentionEveryone,
    attachments: wireAttachments(world, message),
    embeds: message.embeds,
    components: message.components,
    flags: message.flags,
    timestamp: isoTime(message.sentAt),
    edited_timestamp: message.editedAt === null ? null : isoTime(message.editedAt),
    pinned: message.pinnedAt !== null,
    tts: message.tts,
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(message.webhook ? { webhook_id: message.webhook.id } : origin ? { webhook_id: message.authorId } : {}),
    ...(message.applicationId === null ? {} : { application_id: message.applicationId }),
    ...(message.position === null ? {} : { position: message.position }),
    // The message that another one refers to comes without them.
    ...(message.reactions.length === 0 || !withReference
      ? {}
      : {
          reactions: message.reactions.map((reaction) => ({
            emoji: { id: reaction.emojiId, name: reaction.emojiName },
            count: reaction.users.size,
            count_details: { burst: 0, normal: reaction.users.size },
            burst_colors: [],
            me_burst: false,
            me: viewer !== undefined && reaction.users.has(viewer.id),
          })),
        }),
    ...(reference
      ? {
          message_reference: {
            type: reference.type,
            channel_id: reference.channelId,
            message_id: reference.messageId,
            ...(reference.guildId === null ? {} : { guild_id: reference.guildId }),
          },
        }
      : {}),
    ...(withReference && reference && reference.type === 0 && (message.type === 19 || message.type === 21)
      ? { referenced_message: referenced ? wireMessage(world, referenced, viewer, false) : null }
      : {}),
    ...(message.snapshot === null ? {} : { message_snapshots: [wireSnapshot(world, message.snapshot)] }),
    ...(message.poll ? { poll: wirePoll(message.poll, viewer) } : {}),
    ...(origin ? { interaction_metadata: wireOrigin(world, origin) } : {}),
    ...(origin?.commandName !== undefined && origin.type === 2
      ? {
          interaction: {
            id: origin.id,
            type: origin.type,
            name: origin.commandName,
            user: wireUser(world.user(origin.userId)),
          },
        }
      : {}),
    ...(thread && isThread(thread) ? { thread: wireThread(world, thread, viewer) } : {}),
  }
}

/** What the gateway adds to a message: the guild, the author's membership, and that of the mentioned. */
export function wireMessageEvent(world: World, message: Message, viewer?: User) {
  const wire = wireMessage(world, message, viewer)
  if (message.guildId === null) return { ...wire, channel_type: 1 }
  const guild = world.guild(message.guildId)
  const author = message.webhook ? undefined : guild.members.get(message.authorId)
  return {
    ...wire,
    guild_id: message.guildId,
    channel_type: world.channels.get(message.channelId)?.type ?? 0,
    ...(author ? { member: { ...wireBareMember(author), mute: false, deaf: false } } : {}),
    mentions: message.mentions.flatMap((id) => {
      const user = world.users.get(id)
      const member = guild.members.get(id)
      if (!user) return []
      return member ? { ...wireUser(user), member: wireBareMember(member) } : wireUser(user)
    }),
  }
}

export function wireWebhook(world: World, webhook: Webhook) {
  return {
    id: webhook.id,
    type: 1,
    guild_id: webhook.guildId,
    channel_id: webhook.channelId,
    name: webhook.name,
    avatar: null,
    application_id: webhook.applicationId,
    token: webhook.token,
    url: `${world.origin}/api/webhooks/${webhook.id}/${webhook.token}`,
    user: wireUser(world.user(webhook.creatorId)),
  }
}
