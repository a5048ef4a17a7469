import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import type { Grant, Ground, Scope, Verdict } from '../../core/policy.ts'
import type { Tier } from '../../core/right.ts'
import type { TierStanding, TierChange } from './service.ts'
import { moment } from '../../core/durations.ts'
import { fitting } from '../../core/fitting.ts'
import { plain } from '../../core/markdown.ts'

export const en = {
  groups: { permission: 'Who may do what' },
  commands: {
    'permission set': {
      description: 'Give somebody a tier, or take it back',
      options: {
        user: 'Whom',
        tier: 'What they are to be; none takes the grant back',
        scope: 'Where it holds: here, this channel with its threads (if left out), or everywhere',
      },
    },
    'permission show': { description: 'Show what somebody is here, and why', options: { user: 'Who' } },
    'permission list': { description: 'Show every tier that was given', options: {} },
    why: {
      description: 'Say whether somebody may do something, and why',
      options: { action: 'What they would do', user: 'Who; you, if left out', place: 'Where; here, if left out' },
    },
  },
  deeds: {
    why: 'ask why somebody may do something',
    'permission.set': 'give somebody a tier',
    'permission.show': 'see what somebody may do',
    'permission.list': 'see all grants',
  },
  /** The copy of it for the audit channel. */
  audited(change: TierChange, by: Person, place: Place): string {
    const where = place.kind === 'dm' ? 'in a direct message' : `in <#${place.id}>`
    return `${en.changed(change)} By @${plain(by.name, 60)} ${where}.`
  },
  /** After `/permission set`. */
  changed({ about, scope, tier, now, stopped }: TierChange): string {
    const said =
      tier === null
        ? `<@${about.id}> has no tier of their own ${inScope(scope)} any more.`
        : `<@${about.id}> is now ${called(tier)} ${inScope(scope)}.`
    const here = now === tier ? '' : ` What counts here: ${called(now)}; \`/permission show\` says why.`
    const runs = stopped === 1 ? ' One run of theirs was stopped.' : ` ${stopped} runs of theirs were stopped.`
    return `${tier === 'blocked' ? '■' : '✓'} ${said}${here}${stopped === 0 ? '' : runs}`
  },
  /** What somebody is here, why, and their other grants. */
  standing({ about, tier, ground, grants }: TierStanding): string {
    const lines = grants.map(
      (grant) => `› ${called(grant.tier)} ${inScope(grant.scope)} · by <@${grant.by}> ${moment(grant.at, 'R')}`,
    )
    return fitting(`<@${about.id}> is ${called(tier)} here: ${because(ground)}.`, lines, (count) => `and ${count} more`)
  },
  /** One message, however many there are. */
  grants(grants: readonly Grant[]): string {
    if (grants.length === 0) return 'Nobody was given a tier yet. `/permission set` gives one.'
    const lines = grants.map(
      (grant) =>
        `<@${grant.person}> · ${called(grant.tier)} ${inScope(grant.scope)} · by <@${grant.by}> ${moment(grant.at, 'R')}`,
    )
    return fitting('', lines, (count) => `and ${count} more`)
  },
  /** Whether somebody may do that, and why. */
  why(about: Person, deed: string, where: Place, { allowed, tier, ground, needs }: Verdict): string {
    const place = where.kind === 'dm' ? 'in this direct message' : `in <#${where.id}>`
    return (
      `${allowed ? '✓' : '■'} <@${about.id}> may ${allowed ? '' : 'not '}${deed} ${place}. ` +
      `It takes ${needs === 'public' ? 'no tier' : needs === 'owner' ? '**owner**' : `**${needs}** or more`}, ` +
      `and they are ${called(tier)}: ${because(ground)}.`
    )
  },
}

function called(tier: Tier): string {
  return tier === 'public' ? '**public** (no tier)' : `**${tier}**`
}

function inScope(scope: Scope): string {
  if (scope.kind === 'global') return 'everywhere'
  return scope.kind === 'thread' ? `in the thread <#${scope.id}>` : `in <#${scope.id}> and its threads`
}

function because(ground: Ground): string {
  switch (ground.kind) {
    case 'owner-user':
      return 'the operator named them in `OMC_OWNER_USER_ID`'
    case 'owner-role':
      return 'they have the role that the operator named in `OMC_OWNER_ROLE_ID`'
    case 'none':
      return 'no grant of theirs reaches here'
    case 'grant': {
      const { scope, by, at } = ground.grant
      return `<@${by}> gave them that ${inScope(scope)} ${moment(at, 'R')}`
    }
  }
}
