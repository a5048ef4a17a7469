import type { Person } from '../../core/person.ts'
import type { Place } from '../../core/place.ts'
import { isExplained, type ExplainedCode } from '../../core/past-refusal.ts'
import type { Phrases } from '../../core/phrases.ts'
import { isTooNarrow, type Ground, type Owners, type Scope, type Verdict } from '../../core/policy.ts'
import type { Tier } from '../../core/right.ts'
import type { SeenGrants } from '../../core/seen-grants.ts'
import type { Explained, TierStanding, TierChange } from './service.ts'
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
      description: 'Explain why you were refused, or whether somebody may do something',
      options: {
        action: 'What they would do; what you were refused last, if left out',
        user: 'Who; you, if left out',
        place: 'Where; here, if left out',
      },
    },
  },
  deeds: {
    why: 'ask why you were refused',
    'why.others': 'ask what others may do, and why',
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
    const runs = stopped === 1 ? ' One of their runs was stopped.' : ` ${stopped} of their runs were stopped.`
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
  grants({ seen: grants, hidden }: SeenGrants): string {
    const unseen = hidden === 0 ? '' : `\n${hidden} more in places that you cannot see.`
    if (grants.length === 0 && hidden === 0) return 'Nobody has been given a tier yet. `/permission set` gives one.'
    const lines = grants.map(
      (grant) =>
        `<@${grant.person}> · ${called(grant.tier)} ${inScope(grant.scope)} · by <@${grant.by}> ${moment(grant.at, 'R')}`,
    )
    return `${fitting('', lines, (count) => `and ${count} more`)}${unseen}`.trimStart()
  },
  neverRefused: 'Nothing was refused to you lately. `/help` shows what you may do here.',
  /** Under somebody else's refusal, or one that is forgotten. */
  notYours: 'I know of no refusal of yours there. `/why` explains your latest one.',
  /** Why somebody was refused, to themselves. */
  explained({ past, verdict, owners }: Explained, say: Phrases): string {
    const { place, at, refusal } = past
    const where = place.kind === 'dm' ? 'in a direct message' : `in <#${place.id}>`
    if (refusal.code !== 'not-allowed' || verdict === null) {
      const more = isExplained(refusal) && refusal.code !== 'not-allowed' ? `\n${reasons[refusal.code]}` : ''
      return `${moment(at, 'R')} ${where}:\n> ${say.refusal(refusal)}${more}`
    }
    const { tier, ground } = verdict
    const wanted = `${moment(at, 'R')} you wanted to ${say.deed(refusal.action)} ${where}.`
    if (verdict.allowed) return `${wanted} ✓ By now you may: you are ${called(tier)}. Try it again.`
    if (tier === 'blocked') {
      return `${wanted} You are blocked there: ${toYou(ground)}. Ask an owner if that is a mistake${named(owners)}.`
    }
    return (
      `${wanted} It takes ${taken(verdict)}, and you are ${called(tier)}${onlyThere(verdict)}: ` +
      `${toYou(ground)}. An owner can change that with \`/permission set\`${named(owners)}.`
    )
  },
  /** Whether somebody may do that, and why. */
  why(about: Person, deed: string, where: Place, verdict: Verdict): string {
    const { allowed, tier, ground } = verdict
    const place = where.kind === 'dm' ? 'in this direct message' : `in <#${where.id}>`
    return (
      `${allowed ? '✓' : '■'} <@${about.id}> may ${allowed ? '' : 'not '}${deed} ${place}. ` +
      `It takes ${taken(verdict)}, and they are ${called(tier)}${onlyThere(verdict)}: ${because(ground)}.`
    )
  },
}

/** What else is to be said about a refusal that was not the gate's. */
const reasons: Readonly<Record<Exclude<ExplainedCode, 'not-allowed'>, string>> = {
  'queue-full':
    'Only so many prompts wait in all, so that none waits for hours. The operator sets it with `OMC_MAX_QUEUED_SESSIONS`.',
  'person-queue-full':
    'Everybody has the same number of places in a channel, so that all get their turn. The operator sets it with `OMC_PER_USER_MAX_QUEUED`.',
  'approval-not-yours':
    'An agent works with the rights of the person who asked it. So that person answers for what they may do themselves, and owners for everything.',
  'scope-too-wide':
    'Whoever is an owner of one thread is none of its channel, and an owner of one channel is none of the others: what holds there is for owners of all of it.',
  'owner-by-configuration': 'So that nobody can lock the operator out from inside Discord.',
  'steer-above':
    'A word for a running turn is carried out with the rights of whoever began it, so only somebody with as many may add one.',
  'workdir-outside': 'Agents work in the folders that the operator opened with `OMC_PROJECT_ROOTS`, and nowhere else.',
  'program-folder': 'An agent that could change the bot could give itself every right.',
  'folder-too-wide': 'What lies there would be open to everybody who may ask the agent.',
}

/** What an action takes. */
function taken(verdict: Verdict): string {
  const { needs } = verdict
  if (needs === 'public') return 'no tier'
  if (needs !== 'owner') return `**${needs}** or more`
  return isTooNarrow(verdict) ? '**owner** everywhere' : '**owner**'
}

function onlyThere(verdict: Verdict): string {
  return isTooNarrow(verdict) ? ' only there' : ''
}

/** Whom to ask. */
function named({ user, role }: Owners): string {
  const names = [...(user === null ? [] : [`<@${user}>`]), ...(role === null ? [] : ["whoever has the owners' role"])]
  return names.length === 0 ? '' : ` (${names.join(' or ')})`
}

function toYou(ground: Ground): string {
  if (ground.kind === 'none') return 'nobody has given you a tier that counts there'
  if (ground.kind === 'grant')
    return `<@${ground.grant.by}> set that ${inScope(ground.grant.scope)} ${moment(ground.grant.at, 'R')}`
  return 'by the operator’s configuration'
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
      return 'nobody has given them a tier that counts here'
    case 'grant': {
      const { scope, by, at } = ground.grant
      return `<@${by}> gave them that ${inScope(scope)} ${moment(at, 'R')}`
    }
  }
}
