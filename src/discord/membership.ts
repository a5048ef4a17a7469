import { DiscordAPIError, type REST } from '@discordjs/rest'
import { Routes, type APIDMChannel, type APIGuildMember } from 'discord-api-types/v10'
import { messageOf, Problem } from '../core/failure.ts'
import type { PersonId, PlaceId } from '../core/ids.ts'
import type { Place } from '../core/place.ts'
import { isKeptFromUs, meaningOf, type Done, type RequestQueues } from './request-queues.ts'

/** What is asked about people when they do not come by themselves: their direct messages, their roles. */
export class Membership {
  readonly #rest: REST
  readonly #queues: RequestQueues
  readonly #guild: string | null
  readonly #dms = new Map<PersonId, Place>()
  /** Members that are being read, by server and person. */
  readonly #reads = new Map<string, MemberRead>()

  /** `guild`: the one whose members may write to the bot; null: any that it is in. */
  constructor(rest: REST, queues: RequestQueues, guild: string | null) {
    this.#guild = guild
    this.#rest = rest
    this.#queues = queues
  }

  async dm(person: PersonId): Promise<Place | null> {
    const known = this.#dms.get(person)
    if (known !== undefined) return known
    const open = () => this.#rest.post(Routes.userChannels(), { body: { recipient_id: person } })
    const found = valueOf(person, await this.#queues.attempt(person, open), isNotGiven)
    if (found === null) return null
    const place: Place = { kind: 'dm', id: (found as APIDMChannel).id as PlaceId }
    this.#dms.set(person, place)
    return place
  }

  async rolesOf(person: PersonId, place: Place): Promise<readonly string[] | null> {
    const guild = place.kind === 'dm' ? await this.#onlyGuild() : place.guild
    // Of several servers none is the one whose roles count.
    if (guild === null) return []
    return (await this.member(guild, person))?.roles ?? null
  }

  /**
   * A person's membership; null: they are not there. Rejects with a `wire` problem when nobody can say.
   *
   * As they are from now on, so a read that is on its way is too old already: all who ask meanwhile share the one behind
   * it. The library lets members of a server be read one at a time.
   */
  member(guild: string, person: PersonId): Promise<APIGuildMember | null> {
    const key = `${guild} ${person}`
    const before = this.#reads.get(key)
    const read = (): Promise<APIGuildMember | null> => {
      const call = () => this.#rest.get(Routes.guildMember(guild, person))
      const now = this.#ask(guild, call, isNobody) as Promise<APIGuildMember | null>
      const mine: MemberRead = { now, next: null }
      this.#reads.set(key, mine)
      const over = (): void => void (mine.next === null && this.#reads.delete(key))
      now.then(over, over)
      return now
    }
    if (before === undefined) return read()
    before.next ??= before.now.then(read, read)
    return before.next
  }

  async holdersOf(role: string, candidates: readonly PersonId[]): Promise<readonly PersonId[]> {
    const guild = await this.#onlyGuild()
    if (guild === null) return []
    const query = new URLSearchParams({ limit: '1000' })
    const list = () => this.#rest.get(Routes.guildMembers(guild), { query })
    // Without the intent of its own that this takes, Discord says no.
    const all = (await this.#ask(`members of ${guild}`, list, isNotGiven)) as readonly APIGuildMember[] | null
    if (all !== null) return all.filter(({ roles }) => roles.includes(role)).map(({ user }) => user.id as PersonId)
    const holders: PersonId[] = []
    for (const person of candidates.slice(0, mostAsked)) {
      const place: Place = { kind: 'channel', id: '' as PlaceId, guild }
      if ((await this.rolesOf(person, place))?.includes(role) === true) holders.push(person)
    }
    return holders
  }

  /** The configured one, or the only one that the bot is in. */
  async #onlyGuild(): Promise<string | null> {
    if (this.#guild !== null) return this.#guild
    const guilds = (await this.#ask('guilds', () => this.#rest.get(Routes.userGuilds()), isNotGiven)) as
      | readonly { readonly id: string }[]
      | null
    return guilds?.length === 1 ? (guilds[0]?.id ?? null) : null
  }

  /** Null: there is nobody, as `isNone` says of the error. Rejects with a `wire` problem when nobody can say. */
  async #ask(about: string, call: () => Promise<unknown>, isNone: (error: unknown) => boolean): Promise<unknown> {
    return valueOf(about, await this.#queues.read(about, call), isNone)
  }
}

function valueOf(about: string, done: Done<unknown>, isNone: (error: unknown) => boolean): unknown {
  if (done.ok) return done.value
  if (isNone(done.error)) return null
  throw new Problem('wire', `Nothing could be learned of ${about}: ${messageOf(done.error)}`, { cause: done.error })
}

interface MemberRead {
  readonly now: Promise<APIGuildMember | null>
  /** The one behind it, when somebody asks for it. */
  next: Promise<APIGuildMember | null> | null
}

/** So many people are asked about one by one. */
const mostAsked = 20

function isNotGiven(error: unknown): boolean {
  return isKeptFromUs(error) || meaningOf(error).kind === 'rejected'
}

/** Unknown member or user: what else is said no to says nothing of whether they are there. */
function isNobody(error: unknown): boolean {
  return error instanceof DiscordAPIError && [10_007, 10_013].includes(Number(error.code))
}
