import { DiscordAPIError, type REST } from '@discordjs/rest'
import { Routes, type APIDMChannel, type APIGuildMember } from 'discord-api-types/v10'
import { messageOf, Problem } from '../core/failure.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import { isKeptFromUs, meaningOf, type RequestQueues } from './request-queues.ts'

/** What is asked about people when they do not come by themselves: their direct messages, their roles. */
export class Membership {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #guild: string | null
  readonly #dms = new Map<PersonId, Place>()

  /** `guild`: the one whose members may write to the bot; null: any that it is in. */
  constructor(rest: REST, queues: RequestQueues, guild: string | null) {
    this.#guild = guild
    this.#rest = rest
    this.#queues = queues
  }

  async dm(person: PersonId): Promise<Place | null> {
    const known = this.#dms.get(person)
    if (known !== undefined) return known
    const found = await this.#ask(
      person,
      () => this.#rest.post(Routes.userChannels(), { body: { recipient_id: person } }),
      (error) => isKeptFromUs(error) || meaningOf(error).kind === 'rejected',
    )
    if (found === null) return null
    const place: Place = { kind: 'dm', id: (found as APIDMChannel).id as PlaceId }
    this.#dms.set(person, place)
    return place
  }

  async rolesOf(person: PersonId, place: Place): Promise<readonly string[] | null> {
    const guild = place.kind === 'dm' ? this.#guild : place.guild
    if (guild === null) return []
    const found = await this.#ask(person, () => this.#rest.get(Routes.guildMember(guild, person)), isNobody)
    if (found === null) return null
    // Roles do not reach into direct messages.
    return place.kind === 'dm' ? [] : (found as APIGuildMember).roles
  }

  /** Null: there is nobody, as `isNone` says of the error. Rejects with a `wire` problem when nobody can say. */
  async #ask(person: PersonId, call: () => Promise<unknown>, isNone: (error: unknown) => boolean): Promise<unknown> {
    const done = await this.#queues.attempt(person, call)
    if (done.ok) return done.value
    if (isNone(done.error)) return null
    throw new Problem('wire', `Nothing could be learned of ${person}: ${messageOf(done.error)}`, { cause: done.error })
  }
}

/** Unknown member or user: what else is said no to says nothing of whether they are there. */
function isNobody(error: unknown): boolean {
  return error instanceof DiscordAPIError && [10_007, 10_013].includes(Number(error.code))
}
