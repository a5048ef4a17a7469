/** How a dispatch's body is checked: the schemas of REST that it or its parts repeat. */
export interface DispatchShape {
  /** what the whole body repeats, and the keys that only the gateway adds to it */
  whole?: { schema: string; extra: readonly string[] }
  /** dotted path → schema; `[]` behind a name means each of the list. Parts that are not there are not checked. */
  parts?: Readonly<Record<string, string>>
}

const message: DispatchShape = { whole: { schema: 'MessageResponse', extra: ['guild_id', 'member', 'channel_type'] } }
const thread: DispatchShape = { whole: { schema: 'ThreadResponse', extra: ['newly_created'] } }
const channel: DispatchShape = { whole: { schema: 'GuildChannelResponse', extra: [] } }
const role: DispatchShape = { parts: { role: 'GuildRoleResponse' } }

export const DISPATCHES: Readonly<Record<string, DispatchShape>> = {
  READY: { parts: { user: 'UserPIIResponse' } },
  MESSAGE_CREATE: message,
  MESSAGE_UPDATE: message,
  MESSAGE_REACTION_ADD: { parts: { member: 'GuildMemberResponse', emoji: 'MessageReactionEmojiResponse' } },
  MESSAGE_REACTION_REMOVE: { parts: { emoji: 'MessageReactionEmojiResponse' } },
  TYPING_START: { parts: { member: 'GuildMemberResponse' } },
  INTERACTION_CREATE: {
    parts: {
      message: 'MessageResponse',
      user: 'UserResponse',
      'member.user': 'UserResponse',
    },
  },
  THREAD_CREATE: thread,
  THREAD_UPDATE: thread,
  THREAD_LIST_SYNC: { parts: { 'threads[]': 'ThreadResponse', 'members[]': 'ThreadMemberResponse' } },
  THREAD_MEMBERS_UPDATE: { parts: { 'added_members[].member': 'GuildMemberResponse' } },
  CHANNEL_UPDATE: channel,
  CHANNEL_DELETE: channel,
  GUILD_MEMBER_UPDATE: { whole: { schema: 'GuildMemberResponse', extra: ['guild_id'] } },
  GUILD_MEMBER_REMOVE: { parts: { user: 'UserResponse' } },
  GUILD_MEMBERS_CHUNK: { parts: { 'members[]': 'GuildMemberResponse' } },
  GUILD_ROLE_CREATE: role,
  GUILD_ROLE_UPDATE: role,
  GUILD_CREATE: {
    whole: {
      schema: 'GuildWithCountsResponse',
      extra: [
        'joined_at',
        'large',
        'unavailable',
        'member_count',
        'voice_states',
        'members',
        'channels',
        'threads',
        'presences',
        'stage_instances',
        'guild_scheduled_events',
        'soundboard_sounds',
      ],
    },
    parts: { 'members[]': 'GuildMemberResponse', 'channels[]': 'GuildChannelResponse', 'threads[]': 'ThreadResponse' },
  },
}
