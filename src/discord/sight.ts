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
import type { PersonId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { has, permissionsIn } from './permissions.ts'
import { isKeptFromUs, type RequestQueues } from './request-queues.ts'

/** What Discord said is believed this long: a list of sessions asks for the same guild and person many times. */
const believedForMs = 3_000
const mostKept = 500

/** What a person can see, by Discord's own permissions: roles, a channel's overwrites, who is in a private thread. */
export class Sight {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #clock: Clock
  readonly #told = new BoundedMap<string, { readonly at: number; readonly answer: Promise<unknown> }>(mostKept)

  constructor(rest: REST, queues: RequestQueues, clock: Clock) {
    this.#rest = rest
    this.#queues = queues
    this.#clock = clock
  }

  /** Whether the place exists for this person. Rejects with a `wire` problem when nobody can say now. */
  async sees(person: PersonId, place: Place): Promise<boolean> {
    const channel = (await this.#get(Routes.channel(place.id))) as APIChannel | null
    if (channel === null) return false
    if (place.kind === 'dm')
      return 'recipients' in channel && (channel.recipients ?? []).some(({ id }) => id === person)
    const [guild, member, parent] = await Promise.all([
      this.#get(Routes.guild(place.guild)),
      this.#get(Routes.guildMember(place.guild, person)),
      place.kind === 'thread' ? this.#get(Routes.channel(place.channel)) : channel,
    ])
    if (guild === null || member === null || parent === null) return false
    const bits = permissionsIn(guild as APIGuild, member as APIGuildMember, person, parent as APIChannel)
    if (!has(bits, PermissionFlagsBits.ViewChannel)) return false
    if (channel.type !== ChannelType.PrivateThread || has(bits, PermissionFlagsBits.ManageThreads)) return true
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
    const done = await this.#queues.attempt(route, () => this.#rest.get(route))
    if (done.ok) return done.value
    if (isKeptFromUs(done.error) || isUnknown(done.error)) return null
    throw new Problem('wire', `${route} could not be read: ${messageOf(done.error)}`, { cause: done.error })
  }
}

/** Unknown member or user, also of a thread. */
function isUnknown(error: unknown): boolean {
  return error instanceof DiscordAPIError && [10_007, 10_013].includes(Number(error.code))
}
