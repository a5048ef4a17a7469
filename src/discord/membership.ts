import type { REST } from '@discordjs/rest'
import { Routes, type APIDMChannel, type APIGuildMember } from 'discord-api-types/v10'
import { messageOf, Problem } from '../core/failure.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import { isKeptFromUs, meaningOf, type Lanes } from './lanes.ts'

/** What is asked about people when they do not come by themselves: their direct messages, their roles. */
export class Membership {
  readonly #rest: REST
  readonly #lanes: Lanes
  readonly #dms = new Map<PersonId, Place>()

  constructor(rest: REST, lanes: Lanes) {
    this.#rest = rest
    this.#lanes = lanes
  }

  async dm(person: PersonId): Promise<Place | null> {
    const known = this.#dms.get(person)
    if (known !== undefined) return known
    const found = await this.#ask(person, () =>
      this.#rest.post(Routes.userChannels(), { body: { recipient_id: person } }),
    )
    if (found === null) return null
    const place: Place = { kind: 'dm', id: (found as APIDMChannel).id as PlaceId }
    this.#dms.set(person, place)
    return place
  }

  async rolesOf(person: PersonId, place: Place): Promise<readonly string[] | null> {
    // Roles do not reach into direct messages.
    if (place.kind === 'dm') return []
    const found = await this.#ask(person, () => this.#rest.get(Routes.guildMember(place.guild, person)))
    return found === null ? null : (found as APIGuildMember).roles
  }

  /** Null: there is nobody, or nobody for us. Rejects with a `wire` problem when nobody can say. */
  async #ask(person: PersonId, call: () => Promise<unknown>): Promise<unknown> {
    const done = await this.#lanes.attempt(person, call)
    if (done.ok) return done.value
    if (isKeptFromUs(done.error) || meaningOf(done.error).kind === 'rejected') return null
    throw new Problem('wire', `Nothing could be learned of ${person}: ${messageOf(done.error)}`, { cause: done.error })
  }
}
