import { GatewayDispatchEvents, type GatewayDispatchPayload } from 'discord-api-types/v10'
import type { PlaceId } from '../core/ids.ts'
import type { Whereabouts } from '../core/place.ts'

/** Where what we may do can have changed with a dispatch: a place that was closed to us may be open now. */
export function changedWith(payload: GatewayDispatchPayload, self: string): Whereabouts | null {
  switch (payload.t) {
    case GatewayDispatchEvents.ChannelCreate:
    case GatewayDispatchEvents.ChannelUpdate:
    case GatewayDispatchEvents.ThreadCreate:
    case GatewayDispatchEvents.ThreadUpdate:
      return { place: payload.d.id as PlaceId }
    case GatewayDispatchEvents.MessageCreate:
      // Somebody who took no direct messages writes one.
      return payload.d.guild_id === undefined && payload.d.author.id !== self
        ? { place: payload.d.channel_id as PlaceId }
        : null
    case GatewayDispatchEvents.GuildCreate:
      return { guild: payload.d.id }
    case GatewayDispatchEvents.GuildRoleCreate:
    case GatewayDispatchEvents.GuildRoleUpdate:
    case GatewayDispatchEvents.GuildRoleDelete:
      return { guild: payload.d.guild_id }
    case GatewayDispatchEvents.GuildMemberUpdate:
      return payload.d.user.id === self ? { guild: payload.d.guild_id } : null
    default:
      return null
  }
}
