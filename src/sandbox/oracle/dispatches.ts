/** How a dispatch's body is checked: the schema of REST that it repeats, and what only the gateway adds to it. */
export interface DispatchShape {
  schema: string
  /** keys that documentation of the gateway adds to the REST shape, removed before the strict check */
  extra: readonly string[]
  /** checks this member instead of the whole body */
  member?: string
}

const message: DispatchShape = { schema: 'MessageResponse', extra: ['guild_id', 'member', 'channel_type'] }
const thread: DispatchShape = { schema: 'ThreadResponse', extra: ['newly_created'] }
const channel: DispatchShape = { schema: 'GuildChannelResponse', extra: [] }
const role: DispatchShape = { schema: 'GuildRoleResponse', extra: [], member: 'role' }

export const DISPATCHES: Record<string, DispatchShape> = {
  MESSAGE_CREATE: message,
  MESSAGE_UPDATE: message,
  THREAD_CREATE: thread,
  THREAD_UPDATE: thread,
  CHANNEL_UPDATE: channel,
  CHANNEL_DELETE: channel,
  GUILD_MEMBER_UPDATE: { schema: 'GuildMemberResponse', extra: ['guild_id'] },
  GUILD_ROLE_CREATE: role,
  GUILD_ROLE_UPDATE: role,
  GUILD_CREATE: {
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
}
