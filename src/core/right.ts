/** What a person may be in a place, from least to most. `blocked` beats every grant. */
export const tiers = ['blocked', 'public', 'guest', 'member', 'owner'] as const
/** What a person may be in a place. */
export type Tier = (typeof tiers)[number]

/** Whether somebody of tier `has` may do what needs `needs`. The blocked may do nothing. */
export function reaches(has: Tier, needs: Tier): boolean {
  return has !== 'blocked' && tiers.indexOf(has) >= tiers.indexOf(needs)
}

/** Something that can be asked of the product: `session.start`. The features say which there are, and what each takes. */
export type ActionName = string

/**
 * What an action takes. An owner of one thread or channel is nobody's owner elsewhere, so a right of owners says how far it
 * reaches: `owner here` where it concerns that place alone, `owner everywhere` where it holds or tells of anything beyond.
 */
export type Requirement = Exclude<Tier, 'owner' | 'blocked'> | 'owner here' | 'owner everywhere'

/** The tier in it. */
export function tierIn(requirement: Requirement): Tier {
  return requirement === 'owner here' || requirement === 'owner everywhere' ? 'owner' : requirement
}

/** Each action with what it takes. Each has exactly one gate: `judge`. */
export type RightsTable = Readonly<Record<ActionName, Requirement>>
