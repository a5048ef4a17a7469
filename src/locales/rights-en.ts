import type { Ground, Scope } from '../core/policy.ts'
import type { ActionName, Tier } from '../core/right.ts'
import type { RightsPhrases } from '../core/rights-phrases.ts'
import { moment } from '../core/durations.ts'
import { fitting } from '../core/fitting.ts'

/** Tiers and grants in English. `deed` says what an action is. */
export function englishRights(deed: (action: ActionName) => string): RightsPhrases {
  return {
    changed({ about, scope, tier, now, stopped }) {
      const said =
        tier === null
          ? `<@${about.id}> has no tier of their own ${inScope(scope)} any more.`
          : `<@${about.id}> is now ${called(tier)} ${inScope(scope)}.`
      const here = now === tier ? '' : ` What counts here: ${called(now)}; \`/permission show\` says why.`
      const runs = stopped === 1 ? ' One run of theirs was stopped.' : ` ${stopped} runs of theirs were stopped.`
      return `${tier === 'blocked' ? '■' : '✓'} ${said}${here}${stopped === 0 ? '' : runs}`
    },
    standing({ about, tier, ground, grants }) {
      const lines = grants.map(
        (grant) => `› ${called(grant.tier)} ${inScope(grant.scope)} · by <@${grant.by}> ${moment(grant.at, 'R')}`,
      )
      return fitting(
        `<@${about.id}> is ${called(tier)} here: ${because(ground)}.`,
        lines,
        (count) => `and ${count} more`,
      )
    },
    grants(grants) {
      if (grants.length === 0) return 'Nobody was given a tier yet. `/permission set` gives one.'
      const lines = grants.map(
        (grant) =>
          `<@${grant.person}> · ${called(grant.tier)} ${inScope(grant.scope)} · by <@${grant.by}> ${moment(grant.at, 'R')}`,
      )
      return fitting('', lines, (count) => `and ${count} more`)
    },
    why(about, action, where, { allowed, tier, ground, needs }) {
      const place = where.kind === 'dm' ? 'in this direct message' : `in <#${where.id}>`
      return (
        `${allowed ? '✓' : '■'} <@${about.id}> may ${allowed ? '' : 'not '}${deed(action)} ${place}. ` +
        `It takes ${needs === 'public' ? 'no tier' : needs === 'owner' ? '**owner**' : `**${needs}** or more`}, ` +
        `and they are ${called(tier)}: ${because(ground)}.`
      )
    },
  }
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
