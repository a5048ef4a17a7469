import type { Refusal } from './failure.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { ActionName } from './right.ts'

/** What a person may do in a place. `guest`, `member` and grants come with SPEC F3; until then there are two. */
export type Tier = 'owner' | 'public'

/** Who is an owner everywhere, from the operator's configuration. Null: not configured, so nobody by that way. */
export interface Owners {
  /** OMC_OWNER_ROLE_ID */
  readonly role: string | null
  /** OMC_OWNER_USER_ID */
  readonly user: string | null
}

export type Verdict =
  | { readonly allowed: true; readonly tier: Tier }
  | { readonly allowed: false; readonly tier: Tier; readonly refusal: Refusal }

const needs: Record<ActionName, Tier> = {
  prompt: 'owner',
  'session.start': 'owner',
  'session.stop': 'owner',
  'session.list': 'owner',
  'run.stop': 'owner',
  health: 'owner',
}

/**
 * The gate: whether this person may do this here. Fails closed: an action it does not know is refused.
 * Every way in (messages, commands, buttons, autocomplete) passes it.
 */
export function judge(person: Person, action: ActionName, place: Place, owners: Owners): Verdict {
  const tier = tierOf(person, place, owners)
  const allowed = tier === 'owner' || needs[action] === 'public'
  return allowed ? { allowed, tier } : { allowed, tier, refusal: { code: 'not-allowed', action } }
}

/** The tier of a person in a place. Roles do not reach into DMs; the owner's user id does. */
function tierOf(person: Person, place: Place, owners: Owners): Tier {
  if (owners.user !== null && person.id === owners.user) return 'owner'
  const role = place.kind === 'dm' ? null : owners.role
  return role !== null && person.roles.includes(role) ? 'owner' : 'public'
}
