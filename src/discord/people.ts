import type { APIGuildMember, APIUser } from 'discord-api-types/v10'
import type { PersonId } from '../core/ids.ts'
import { localeOf, type Locale, type Person } from '../core/person.ts'
import { BoundedMap } from '../system/bounded-map.ts'

const mostRemembered = 10_000

/** The parts of a member that come with messages and interactions. */
export type MemberFacts = Pick<APIGuildMember, 'roles' | 'nick'>

/**
 * Turns users and members into people. Discord tells a person's language only with interactions, so the last one is
 * remembered; until then the guild's own counts.
 */
export class People {
  readonly #locales = new BoundedMap<string, string>(mostRemembered)

  remember(user: string, locale: string): void {
    this.#locales.set(user, locale)
  }

  /** The language a person spoke last, in this life of the bot; null: they said nothing that shows it. */
  localeOf(user: string): Locale | null {
    const code = this.#locales.get(user)
    return code === undefined ? null : localeOf(code)
  }

  person(
    user: Pick<APIUser, 'id' | 'username' | 'global_name'>,
    member: MemberFacts | null,
    guildLocale: string | undefined,
  ): Person {
    return {
      id: user.id as PersonId,
      name: member?.nick ?? user.global_name ?? user.username,
      locale: localeOf(this.#locales.get(user.id) ?? guildLocale),
      roles: member?.roles ?? [],
    }
  }
}
