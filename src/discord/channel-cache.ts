import { ChannelType, GatewayDispatchEvents, type APIChannel, type GatewayDispatchPayload } from 'discord-api-types/v10'
import type { PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import type { Absences } from './absences.ts'

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
  readonly #names = new Map<string, string>()
  /** With whether it is an outage; otherwise the bot was put out. */
  readonly #toldAway = new Map<string, boolean>()
  readonly #absences: Absences
  readonly #asked = new Map<string, Promise<Place | null>>()
  readonly #fetch: (channel: string) => Promise<APIChannel | null>

  /** `fetch` asks Discord for a channel; null: there is none, or not for us. */
  constructor(absences: Absences, fetch: (channel: string) => Promise<APIChannel | null>) {
    this.#absences = absences
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

  /** The language of a server; in direct messages that of the only one there is. */
  localeOf(guild: string | undefined): string | undefined {
    if (guild !== undefined) return this.#locales.get(guild)
    const [only, ...more] = this.#locales.values()
    return more.length === 0 ? only : undefined
  }

  /** Whether this role is the bot's own, which people mention by mistake for the bot. */
  isBotRole(role: string): boolean {
    return this.#botRoles.has(role)
  }

  /**
   * Whether a server (or the one of a channel) is away: Discord has an outage of it, or it has put the bot out. What is
   * there is kept in mind, and comes back with it.
   */
  isAway(id: string): boolean {
    const place = this.#places.get(id)
    return this.#absences.isAway(place === undefined || place.kind === 'dm' ? id : place.guild)
  }

  /** Whether Discord has told that it is away: what was said there until it is back is told to nobody. */
  wasToldAway(guild: string): boolean {
    return this.#toldAway.has(guild)
  }

  /** Each is away until Discord tells of it, which it does at once where it has no outage. */
  greeted(guilds: readonly { readonly id: string }[]): void {
    for (const { id } of guilds) this.#absences.begin(id)
  }

  /** Those that are away, by name; `only`: the one that the bot is for, where that matters also when it was put out. */
  serversAway(only: string | null): readonly string[] {
    const told = [...this.#toldAway].filter(([id, outage]) => (only === null ? outage : id === only))
    return told.map(([id]) => this.#names.get(id) ?? id)
  }

  serversHere(only: string | null): number {
    const known = [...this.#names.keys()].filter((id) => only === null || id === only)
    return known.filter((id) => !this.#absences.isAway(id)).length
  }

  /** Takes in what a dispatch tells; gives the place that is no more. */
  learn(payload: GatewayDispatchPayload, self: string): Place | null {
    switch (payload.t) {
      case GatewayDispatchEvents.GuildCreate: {
        // Of one that is away while it is told of, Discord gives the id alone.
        if (payload.d.unavailable === true) return this.#away(payload.d.id, true)
        const { id, name, preferred_locale: locale } = payload.d
        const { channels, threads, roles } = payload.d as Partial<typeof payload.d>
        this.#locales.set(id, locale)
        this.#names.set(id, name)
        this.#toldAway.delete(id)
        this.#absences.end(id)
        for (const channel of [...(channels ?? []), ...(threads ?? [])]) this.add({ ...channel, guild_id: id })
        for (const role of roles ?? []) if (role.tags?.bot_id === self) this.#botRoles.add(role.id)
        return null
      }
      case GatewayDispatchEvents.GuildDelete:
        return this.#away(payload.d.id, payload.d.unavailable === true)
      case GatewayDispatchEvents.GuildUpdate:
        this.#locales.set(payload.d.id, payload.d.preferred_locale)
        this.#names.set(payload.d.id, payload.d.name)
        return null
      case GatewayDispatchEvents.ChannelCreate:
      case GatewayDispatchEvents.ChannelUpdate:
      case GatewayDispatchEvents.ThreadCreate:
      case GatewayDispatchEvents.ThreadUpdate:
        this.add(payload.d)
        return null
      case GatewayDispatchEvents.ThreadListSync:
        for (const thread of payload.d.threads ?? []) this.add({ ...thread, guild_id: payload.d.guild_id })
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

  #away(guild: string, outage: boolean): null {
    this.#toldAway.set(guild, outage)
    this.#absences.begin(guild)
    return null
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
export function placeOf(channel: ChannelFacts): Place | null {
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
