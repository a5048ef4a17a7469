import { DiscordAPIError, type REST } from '@discordjs/rest'
import {
  ChannelType,
  PermissionFlagsBits,
  Routes,
  type APIChannel,
  type APIGuild,
  type APIGuildMember,
} from 'discord-api-types/v10'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { placeOf, type ChannelCache } from './channel-cache.ts'
import { has, permissionsIn } from './permissions.ts'
import { isKeptFromUs, type RequestQueues } from './request-queues.ts'

/** What Discord said is believed this long: a list of sessions asks for the same guild and person many times. */
const believedForMs = 3_000
const mostKept = 500

/** What a person can see, by Discord's own permissions: roles, a channel's overwrites, who is in a private thread. */
export class Sight {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #channelCache: ChannelCache
  readonly #clock: Clock
  readonly #told = new BoundedMap<string, { readonly at: number; readonly answer: Promise<unknown> }>(mostKept)

  constructor(rest: REST, queues: RequestQueues, channelCache: ChannelCache, clock: Clock) {
    this.#rest = rest
    this.#queues = queues
    this.#channelCache = channelCache
    this.#clock = clock
  }

  /** Whether the place exists for this person. Rejects with a `wire` problem when nobody can say now. */
  async sees(person: PersonId, where: Place | PlaceId): Promise<boolean> {
    const id = typeof where === 'string' ? where : where.id
    // What a thread hangs in and whether it is private never changes, and its end is told: there are many of them.
    const known = this.#channelCache.known(id)
    if (known?.kind === 'thread') return this.#seesIn(known, person, await this.#channelCache.isPrivate(known))
    const channel = (await this.#get(Routes.channel(id))) as APIChannel | null
    if (channel === null) return false
    const place = typeof where === 'string' ? anyPlaceOf(channel) : where
    if (place === null) return false
    if (place.kind === 'dm')
      return 'recipients' in channel && (channel.recipients ?? []).some((each) => each.id === person)
    return this.#seesIn(place, person, channel.type === ChannelType.PrivateThread)
  }

  async #seesIn(place: Exclude<Place, { kind: 'dm' }>, person: PersonId, isPrivate: boolean): Promise<boolean> {
    const [guild, member, channel] = await Promise.all([
      this.#get(Routes.guild(place.guild)),
      this.#get(Routes.guildMember(place.guild, person)),
      this.#get(Routes.channel(place.kind === 'thread' ? place.channel : place.id)),
    ])
    if (guild === null || member === null || channel === null) return false
    const bits = permissionsIn(guild as APIGuild, member as APIGuildMember, person, channel as APIChannel)
    if (!has(bits, PermissionFlagsBits.ViewChannel)) return false
    if (!isPrivate || has(bits, PermissionFlagsBits.ManageThreads)) return true
    return (await this.#get(Routes.threadMembers(place.id, person))) !== null
  }

  /** What Discord has there; null: nothing, or nothing for us. */
  #get(route: `/${string}`): Promise<unknown> {
    const known = this.#told.get(route)
    const at = this.#clock.monotonic()
    if (known !== undefined && at - known.at < believedForMs) return known.answer
    const answer = this.#ask(route)
    this.#told.set(route, { at, answer })
    return answer
  }

  async #ask(route: `/${string}`): Promise<unknown> {
    const done = await this.#queues.read(route, () => this.#rest.get(route), 'many')
    if (done.ok) return done.value
    if (isKeptFromUs(done.error) || isUnknown(done.error)) return null
    throw new Problem('wire', `${route} could not be read: ${messageOf(done.error)}`, { cause: done.error })
  }
}

/** Also of what nobody talks in, as the forum that threads hang in. */
function anyPlaceOf(channel: APIChannel): Place | null {
  const guild = 'guild_id' in channel ? channel.guild_id : undefined
  return placeOf(channel) ?? (guild === undefined ? null : { kind: 'channel', id: channel.id as PlaceId, guild })
}

/** Unknown member or user, also of a thread. */
function isUnknown(error: unknown): boolean {
  return error instanceof DiscordAPIError && [10_007, 10_013].includes(Number(error.code))
}
