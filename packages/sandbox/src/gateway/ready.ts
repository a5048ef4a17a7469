import { isoTime } from '../clock.ts'
import { INTENT } from '../intents.ts'
import { applicationFlags } from '../rest/users.ts'
import { wireGuild, wireMember, wireSelf } from '../wire.ts'
import { wireChannel } from '../wire-channel.ts'
import type { Guild } from '../records.ts'
import type { World } from '../world.ts'
import type { Session } from './session.ts'

/** A guild as GUILD_CREATE gives it to one session. */
function guildCreate(world: World, guild: Guild, session: Session): object {
  const viewer = session.user
  const own = guild.members.get(viewer.id)
  const channels = world.channelsOf(guild.id)
  const complete = !viewer.bot || (session.intents & INTENT.members) !== 0
  return {
    ...wireGuild(guild),
    joined_at: isoTime(own?.joinedAt ?? 0),
    large: false,
    unavailable: false,
    member_count: guild.members.size,
    voice_states: [],
    // Without the members intent a bot is told of itself alone.
    members: [...guild.members.values()]
      .filter((member) => complete || member.userId === viewer.id)
      .map((member) => wireMember(world, member)),
    // Bots get every channel, also those that they may not look into.
    channels: channels
      .filter((channel) => !channel.thread && (viewer.bot || world.maySee(viewer, channel)))
      .map((channel) => wireChannel(world, channel, viewer)),
    threads: channels
      .filter((channel) => channel.thread && !channel.thread.archived && world.maySee(viewer, channel))
      .map((channel) => wireChannel(world, channel, viewer)),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  }
}

/** Greets a new session: READY, and for bots each guild after it. */
export function greet(world: World, session: Session): void {
  const { user } = session
  const guilds = [...world.guilds.values()].filter((guild) => guild.members.has(user.id) && session.owns(guild.id))
  const dms = [...world.channels.values()].filter(
    (channel) => channel.type === 1 && channel.recipients.includes(user.id),
  )
  session.dispatch('READY', {
    v: 10,
    user: wireSelf(user),
    guilds: user.bot
      ? guilds.map((guild) => ({ id: guild.id, unavailable: true }))
      : guilds.map((guild) => guildCreate(world, guild, session)),
    session_id: session.id,
    session_type: 'normal',
    resume_gateway_url: `${world.origin.replace('http', 'ws')}/gateway`,
    // Bots always get an empty list here.
    private_channels: user.bot ? [] : dms.map((channel) => wireChannel(world, channel, user)),
    shard: [...session.shard],
    user_settings: {},
    user_settings_proto: '',
    relationships: [],
    presences: [],
    guild_join_requests: [],
    geo_ordered_rtc_regions: [],
    _trace: ['["sandbox",{}]'],
    ...(user.bot ? { application: { id: user.id, flags: applicationFlags } } : {}),
  })
  if (user.bot) for (const guild of guilds) session.dispatch('GUILD_CREATE', guildCreate(world, guild, session))
}
