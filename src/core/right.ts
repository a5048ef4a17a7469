/** What a person may be in a place, from least to most. `blocked` beats every grant. */
export const tiers = ['blocked', 'public', 'guest', 'member', 'owner'] as const
export type Tier = (typeof tiers)[number]

/** Whether somebody of tier `has` may do what needs `needs`. The blocked may do nothing. */
export function reaches(has: Tier, needs: Tier): boolean {
  return has !== 'blocked' && tiers.indexOf(has) >= tiers.indexOf(needs)
}

/** Everything that can be asked of the product, with the tier it takes. Each has exactly one gate: `judge`. */
export const rights = {
  prompt: 'guest',
  'session.start': 'member',
  'session.stop': 'member',
  'session.list': 'member',
  'session.change': 'member',
  'session.attach': 'member',
  'session.resume': 'member',
  'session.export': 'member',
  'session.trust': 'owner',
  'run.stop': 'member',
  'run.stop-own': 'guest',
  'run.steer': 'member',
  'approval.answer': 'guest',
  diff: 'member',
  skill: 'member',
  wait: 'member',
  board: 'member',
  why: 'member',
  'permission.set': 'owner',
  'permission.show': 'member',
  'permission.list': 'owner',
  health: 'public',
} as const satisfies Record<string, Tier>
export type ActionName = keyof typeof rights
export const actionNames = Object.keys(rights) as readonly ActionName[]
