import type { Chat } from '../core/chat.ts'
import { messageOf } from '../core/failure.ts'
import type { PlaceId } from '../core/ids.ts'
import type { Log } from '../core/log.ts'
import type { Person } from '../core/person.ts'
import type { Place } from '../core/place.ts'
import type { Gate } from '../core/gate.ts'
import { judge, judgeFor, type Access, type Grant, type Owners, type Scope, type Verdict } from '../core/policy.ts'
import type { Prompt } from '../core/prompt.ts'
import { reaches, type ActionName, type RightsTable } from '../core/right.ts'
import type { Session } from '../core/session.ts'
import type { Vault } from '../core/vault.ts'

export interface GateTools {
  /** Who is in the guild, with which roles; asked for when somebody is judged. */
  readonly people: () => Pick<Chat, 'rolesOf' | 'sees'>
  readonly vault: Vault
  readonly log: Log
  /** Every right there is; asked for when somebody is judged. */
  readonly rights: () => RightsTable
  readonly owners: Owners
  /** OMC_CHANNEL_OWNER_ONLY */
  readonly channelOwnerOnly: boolean
}

/** The gate, asking the vault for the grants. */
export class EngineGate implements Gate {
  readonly #tools: GateTools

  constructor(tools: GateTools) {
    this.#tools = tools
  }

  async judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    return this.#judge(await this.#withRoles(person, place), action, place)
  }

  async #judge(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    const verdict = judge(person, action, place, this.#access(await this.#grantsOf(person)))
    const { allowed, tier } = verdict
    this.#tools.log.debug({ person: person.id, action, place: place.id, tier, allowed }, 'gate.asked')
    return verdict
  }

  async judgeFor(person: Person, action: ActionName, scope: Scope, place: Place): Promise<Verdict> {
    const asked = await this.#withRoles(person, place)
    return judgeFor(asked, action, scope, place, this.#access(await this.#grantsOf(person)))
  }

  unGranted(person: Person, place: Place): Verdict {
    return judge(person, 'prompt', place, this.#access([]))
  }

  speakerOf(prompt: Prompt, session: Session): Promise<Verdict> {
    return inBoth(prompt, session, (place) => this.judge(prompt.speaker, 'prompt', place))
  }

  async sees(person: Person, place: Place | PlaceId): Promise<boolean> {
    try {
      return await this.#tools.people().sees(person.id, place)
    } catch (error) {
      const id = typeof place === 'string' ? place : place.id
      this.#tools.log.warn({ person: person.id, place: id, error: messageOf(error) }, 'gate.sight-unread')
      return false
    }
  }

  async judgeNow(person: Person, action: ActionName, place: Place): Promise<Verdict> {
    const now = await this.personNow(person, place)
    if (now !== null) return this.#judge(now, action, place)
    this.#tools.log.info({ person: person.id, action, place: place.id }, 'gate.has-left')
    return judge({ ...person, roles: [] }, action, place, this.#access([]))
  }

  async personNow(person: Person, place: Place): Promise<Person | null> {
    const roles = await this.#tools.people().rolesOf(person.id, place)
    return roles === null ? null : { ...person, roles }
  }

  speakerNow(prompt: Prompt, session: Session): Promise<Verdict> {
    return inBoth(prompt, session, (place) => this.judgeNow(prompt.speaker, 'prompt', place))
  }

  /** With what somebody writes directly Discord sends no roles; who has left has none. */
  async #withRoles(person: Person, place: Place): Promise<Person> {
    const { owners } = this.#tools
    if (place.kind !== 'dm' || owners.role === null || person.id === owners.user) return person
    return (await this.personNow(person, place)) ?? { ...person, roles: [] }
  }

  #grantsOf(person: Person): Promise<readonly Grant[]> {
    return this.#tools.vault.grants.of(person.id)
  }

  #access(grants: readonly Grant[]): Access {
    const { owners, channelOwnerOnly, rights } = this.#tools
    return { rights: rights(), owners, channelOwnerOnly, grants }
  }
}

/** What somebody is where they asked and where the session is at home: the lesser of the two. */
async function inBoth(prompt: Prompt, session: Session, judgeIn: (place: Place) => Promise<Verdict>): Promise<Verdict> {
  const there = await judgeIn(prompt.place)
  if (session.place.id === prompt.place.id || !there.allowed) return there
  const at = await judgeIn(session.place)
  return at.allowed && reaches(at.tier, there.tier) ? there : at
}
