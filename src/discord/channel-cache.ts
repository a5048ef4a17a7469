import { ChannelType, GatewayDispatchEvents, type APIChannel, type GatewayDispatchPayload } from 'discord-api-types/v10'
import type { PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'

/** What a place's kind follows from: every form in which Discord shows a channel has these. */
export interface ChannelFacts {
  readonly id: string
  readonly type: ChannelType
  readonly guild_id?: string | undefined
  readonly parent_id?: string | null | undefined
}

/**
 * The channels and threads we know of, guilds' languages, and the bot's own role in each guild: all that is kept of
 * what Discord tells (its messages and members are not, on purpose: memory).
 */
export class ChannelCache {
  readonly #places = new Map<string, Place>()
  readonly #private = new Set<string>()
  readonly #locales = new Map<string, string>()
  readonly #botRoles = new Set<string>()
  readonly #asked = new Map<string, Promise<Place | null>>()
  readonly #fetch: (channel: string) => Promise<APIChannel | null>

  /** `fetch` asks Discord for a channel; null: there is none, or not for us. */
  constructor(fetch: (channel: string) => Promise<APIChannel | null>) {
    this.#fetch = fetch
  }

  known(channel: string): Place | undefined {
    return this.#places.get(channel)
  }

  /** The place of a channel, asked for once when it is not known; null when nobody can say. */
  async place(channel: string): Promise<Place | null> {
    const known = this.#places.get(channel)
    if (known !== undefined) return known
    const asked = this.#asked.get(channel) ?? this.#ask(channel)
    this.#asked.set(channel, asked)
    return asked
  }

  /** Whether a place is hidden from some of those who see its channel; also when nobody can say. */
  async isPrivate({ kind, id }: Place): Promise<boolean> {
    if (kind !== 'thread') return kind === 'dm'
    const place = await this.place(id).catch(() => null)
    return place === null || this.#private.has(id)
  }

  localeOf(guild: string | undefined): string | undefined {
    return guild === undefined ? undefined : this.#locales.get(guild)
  }

  /** Whether this role is the bot's own, which people mention by mistake for the bot. */
  isBotRole(role: string): boolean {
    return this.#botRoles.has(role)
  }

  /** Takes in what a dispatch tells; gives the place that is no more. */
  learn(payload: GatewayDispatchPayload, self: string): Place | null {
    switch (payload.t) {
      case GatewayDispatchEvents.GuildCreate: {
        const { id, channels, threads, roles, preferred_locale: locale } = payload.d
        this.#locales.set(id, locale)
        for (const channel of [...channels, ...threads]) this.add({ ...channel, guild_id: id })
        for (const role of roles) if (role.tags?.bot_id === self) this.#botRoles.add(role.id)
        return null
      }
      case GatewayDispatchEvents.GuildUpdate:
        this.#locales.set(payload.d.id, payload.d.preferred_locale)
        return null
      case GatewayDispatchEvents.ChannelCreate:
      case GatewayDispatchEvents.ChannelUpdate:
      case GatewayDispatchEvents.ThreadCreate:
      case GatewayDispatchEvents.ThreadUpdate:
        this.add(payload.d)
        return null
      case GatewayDispatchEvents.ThreadListSync:
        for (const thread of payload.d.threads) this.add({ ...thread, guild_id: payload.d.guild_id })
        return null
      case GatewayDispatchEvents.ChannelDelete:
      case GatewayDispatchEvents.ThreadDelete: {
        const place = placeOf(payload.d)
        this.#places.delete(payload.d.id)
        this.#private.delete(payload.d.id)
        return place
      }
      default:
        return null
    }
  }

  add(channel: ChannelFacts): Place | null {
    const place = placeOf(channel)
    if (place !== null) this.#places.set(channel.id, place)
    if (channel.type === ChannelType.PrivateThread) this.#private.add(channel.id)
    return place
  }

  async #ask(channel: string): Promise<Place | null> {
    try {
      const found = await this.#fetch(channel)
      return found === null ? null : this.add(found)
    } finally {
      this.#asked.delete(channel)
    }
  }
}

/** The place that a channel is; null for what nobody can talk in (categories, forums). */
function placeOf(channel: ChannelFacts): Place | null {
  const id = channel.id as PlaceId
  const { guild_id: guild, parent_id: parent } = channel
  switch (channel.type) {
    case ChannelType.DM:
    case ChannelType.GroupDM:
      return { kind: 'dm', id }
    case ChannelType.AnnouncementThread:
    case ChannelType.PublicThread:
    case ChannelType.PrivateThread:
      return guild !== undefined && typeof parent === 'string'
        ? { kind: 'thread', id, channel: parent as PlaceId, guild }
        : null
    case ChannelType.GuildCategory:
    case ChannelType.GuildDirectory:
    case ChannelType.GuildForum:
    case ChannelType.GuildMedia:
      return null
    default:
      return guild === undefined ? null : { kind: 'channel', id, guild }
  }
}
