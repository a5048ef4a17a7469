import type { EpochMs } from './clock.ts'
import type { Refusal } from './failure.ts'
import type { PersonId, PlaceId } from './ids.ts'
import type { Person } from './person.ts'
import { channelOf, type Place } from './place.ts'
import { reaches, tierIn, type ActionName, type RightsTable, type Tier } from './right.ts'

/** Where a grant holds. A thread inherits the grants of its channel. */
export type Scope =
  | { readonly kind: 'thread'; readonly id: PlaceId }
  | { readonly kind: 'channel'; readonly id: PlaceId }
  | { readonly kind: 'global' }

/** A tier that an owner gave somebody. At most one per person and scope. */
export interface Grant {
  readonly person: PersonId
  readonly scope: Scope
  readonly tier: Tier
  readonly by: PersonId
  readonly at: EpochMs
}

/** Who is an owner everywhere, from the operator's configuration. Null: not configured, so nobody by that way. */
export interface Owners {
  /** OMC_OWNER_ROLE_ID */
  readonly role: string | null
  /** OMC_OWNER_USER_ID */
  readonly user: string | null
}

/** Everything the gate looks at beside the question itself. */
export interface Access {
  readonly rights: RightsTable
  readonly owners: Owners
  /** Of the person it is about; others are passed over. */
  readonly grants: readonly Grant[]
  /** OMC_CHANNEL_OWNER_ONLY: in channels (not threads) only owners may prompt. */
  readonly channelOwnerOnly: boolean
}

/** What made a person the tier they are: the operator's configuration, a grant, or that there is none. */
export type Ground =
  | { readonly kind: 'owner-user' | 'owner-role' | 'none' }
  | { readonly kind: 'grant'; readonly grant: Grant }

/** What the gate says: what the person is here, why, what the action takes, and whether that is enough. */
export type Verdict = { readonly tier: Tier; readonly ground: Ground; readonly needs: Tier } & (
  | { readonly allowed: true }
  | { readonly allowed: false; readonly refusal: Refusal }
)

/**
 * The gate: whether this person may do this here. Fails closed: an action it does not know is refused, and what holds
 * beyond this place takes a grant that does (or the operator's configuration).
 * Every way in (messages, commands, buttons, forms, autocomplete) passes it.
 */
export function judge(person: Person, action: ActionName, place: Place, access: Access): Verdict {
  const { tier, ground } = standingOf(person, place, access)
  const requirement = Object.hasOwn(access.rights, action) ? access.rights[action] : undefined
  const closed = action === 'prompt' && place.kind === 'channel' && access.channelOwnerOnly
  const needs: Tier = requirement === undefined || closed ? 'owner' : tierIn(requirement)
  if (requirement === undefined || !reaches(tier, needs))
    return { allowed: false, tier, ground, needs, refusal: { code: 'not-allowed', action, tier, needs } }
  if (requirement === 'owner everywhere' && standingOf(person, place, asWideAs('global', access)).tier !== 'owner')
    return { allowed: false, tier, ground, needs, refusal: { code: 'scope-too-wide', scope: 'global' } }
  return { allowed: true, tier, ground, needs }
}

/** Whether it is the reach of their grant alone that is not enough. */
export function isTooNarrow(verdict: Verdict): boolean {
  return !verdict.allowed && verdict.refusal.code === 'scope-too-wide'
}

/** Whether somebody is less now than they were when they asked: what they asked for would do more than they may. */
export function hasLess(standing: Verdict, was: Tier): boolean {
  return !standing.allowed || !reaches(standing.tier, was)
}

/**
 * The gate for what holds in a whole scope and not only here (giving somebody a tier): only grants at least as wide
 * count, so that the owner of one thread makes nobody an owner of the channel. `blocked` counts from wherever it covers.
 */
export function judgeFor(person: Person, action: ActionName, scope: Scope, place: Place, access: Access): Verdict {
  return judge(person, action, place, asWideAs(scope.kind, access))
}

/** Without the grants that are narrower than that; the blocked stay blocked. */
function asWideAs(kind: Scope['kind'], access: Access): Access {
  const grants = access.grants.filter(
    ({ tier, scope }) => tier === 'blocked' || narrowness[scope.kind] <= narrowness[kind],
  )
  return { ...access, grants }
}

/**
 * The tier of a person in a place, and what made them that. The operator's owners come first and cannot be blocked;
 * then `blocked` in any scope that covers the place; then the narrowest grant.
 */
function standingOf(
  person: Pick<Person, 'id' | 'roles'>,
  place: Place,
  { owners, grants }: Pick<Access, 'owners' | 'grants'>,
): { readonly tier: Tier; readonly ground: Ground } {
  if (owners.user !== null && person.id === owners.user) return { tier: 'owner', ground: { kind: 'owner-user' } }
  if (owners.role !== null && person.roles.includes(owners.role))
    return { tier: 'owner', ground: { kind: 'owner-role' } }
  const covering = grants
    .filter((grant) => grant.person === person.id && covers(grant.scope, place))
    .sort((a, b) => narrowness[b.scope.kind] - narrowness[a.scope.kind])
  const grant = covering.find((each) => each.tier === 'blocked') ?? covering[0]
  if (grant === undefined) return { tier: 'public', ground: { kind: 'none' } }
  return { tier: grant.tier, ground: { kind: 'grant', grant } }
}

const narrowness: Record<Scope['kind'], number> = { thread: 3, channel: 2, global: 1 }

/** Whether a grant of that scope holds in a place. */
function covers(scope: Scope, place: Place): boolean {
  if (scope.kind === 'global') return true
  if (scope.kind === 'channel') return channelOf(place) === scope.id
  return place.kind === 'thread' && place.id === scope.id
}
