import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { PersonId, PlaceId } from '../../src/core/ids.ts'
import type { Place } from '../../src/core/place.ts'
import { judge, judgeFor, type Access, type Grant, type Scope } from '../../src/core/policy.ts'
import { tierIn, tiers, type ActionName, type Tier } from '../../src/core/right.ts'
import { actionNames, rights } from '../features/product.ts'
import { person, placeId, thread } from '../stores/cast.ts'
import { fc } from '../random.ts'

const here = thread('200', '100')
const beside = thread('201', '100')
const channel: Place = { kind: 'channel', id: placeId('100'), guild: '1' }
const elsewhere: Place = { kind: 'channel', id: placeId('101'), guild: '1' }
const dm: Place = { kind: 'dm', id: placeId('300') }
const places = { here, beside, channel, elsewhere, dm } as const

const scopes = {
  thread: { kind: 'thread', id: placeId('200') },
  channel: { kind: 'channel', id: placeId('100') },
  dm: { kind: 'channel', id: placeId('300') },
  global: { kind: 'global' },
} as const satisfies Record<string, Scope>

/** Where a grant of each scope holds. */
const reach: Readonly<Record<keyof typeof scopes, readonly (keyof typeof places)[]>> = {
  thread: ['here'],
  channel: ['here', 'beside', 'channel'],
  dm: ['dm'],
  global: ['here', 'beside', 'channel', 'elsewhere', 'dm'],
}

/**
 * What each tier may do, written down a second time and by hand: a change of a right has to be made twice. `owner` alone
 * is an owner of that place: whatever says so must concern nothing else.
 */
const may: Readonly<Record<ActionName, readonly (Tier | 'owner everywhere')[]>> = {
  prompt: ['guest', 'member', 'owner'],
  'session.start': ['member', 'owner'],
  'session.stop': ['member', 'owner'],
  'session.list': ['member', 'owner'],
  'session.change': ['member', 'owner'],
  'session.attach': ['member', 'owner'],
  'session.resume': ['member', 'owner'],
  'session.export': ['member', 'owner'],
  'session.trust': ['owner'],
  'branch.take': ['owner'],
  'run.stop': ['member', 'owner'],
  'run.stop-own': ['guest', 'member', 'owner'],
  'run.steer': ['member', 'owner'],
  'approval.answer': ['guest', 'member', 'owner'],
  diff: ['member', 'owner'],
  skill: ['member', 'owner'],
  wait: ['member', 'owner'],
  'queue.first': ['owner everywhere'],
  board: ['member', 'owner'],
  why: ['public', 'guest', 'member', 'owner'],
  'why.others': ['member', 'owner'],
  'permission.set': ['owner'],
  'permission.show': ['member', 'owner'],
  'permission.list': ['owner everywhere'],
  'agent.look': ['guest', 'member', 'owner'],
  'agent.post': ['guest', 'member', 'owner'],
  'agent.ask': ['guest', 'member', 'owner'],
  'agent.answer': ['guest', 'member', 'owner'],
  'letter.consult': ['guest', 'member', 'owner'],
  'letter.delegate': ['member', 'owner'],
  'letter.reply': ['guest', 'member', 'owner'],
  'letter.broadcast': ['member', 'owner'],
  // Who may decide depends on the letter: the press itself is judged again.
  'letter.decide': ['public', 'guest', 'member', 'owner'],
  scratchpad: ['member', 'owner'],
  'scratchpad.read': ['guest', 'member', 'owner'],
  'scratchpad.write': ['member', 'owner'],
  'task.assign': ['member', 'owner'],
  'task.look': ['member', 'owner'],
  // Asked again for the place of the session that has it.
  'task.answer': ['member', 'owner'],
  'budget.set': ['owner everywhere'],
  'budget.show': ['guest', 'member', 'owner'],
  'budget.all': ['owner everywhere'],
  'budget.exceed': ['owner everywhere'],
  // As with letters: who may decide depends on what is asked.
  'budget.decide': ['public', 'guest', 'member', 'owner'],
  panic: ['owner everywhere'],
  page: ['owner everywhere'],
  'audit.export': ['owner everywhere'],
  verbosity: ['guest', 'member', 'owner'],
  'verbosity.here': ['member', 'owner'],
  trace: ['member', 'owner'],
  broadcast: ['owner everywhere'],
  usage: ['member', 'owner'],
  'usage.all': ['owner everywhere'],
  'account.list': ['member', 'owner'],
  'account.use': ['member', 'owner'],
  'account.rest': ['owner everywhere'],
  'worker.list': ['member', 'owner'],
  'worker.manage': ['owner everywhere'],
  'identity.link': ['member', 'owner'],
  identity: ['public', 'guest', 'member', 'owner'],
  health: ['public', 'guest', 'member', 'owner'],
  'health.all': ['owner everywhere'],
  help: ['public', 'guest', 'member', 'owner'],
}

function grant(tier: Tier, scope: Scope, to = 'ann'): Grant {
  return { person: to as PersonId, scope, tier, by: 'olivia' as PersonId, at: 1 }
}

function access(grants: readonly Grant[], more: Partial<Access> = {}): Access {
  return { rights, owners: { role: null, user: null }, channelOwnerOnly: false, grants, ...more }
}

suite('grants', () => {
  test('every action there is stands in the table', () => {
    assert.deepEqual(Object.keys(may).sort(), [...actionNames].sort())
  })

  for (const action of actionNames) {
    for (const tier of tiers) {
      test(`${action} as ${tier}, by a grant of every scope, in every place`, () => {
        for (const [name, scope] of Object.entries(scopes)) {
          for (const [where, place] of Object.entries(places)) {
            const held = grant(tier, scope)
            const verdict = judge(person('ann'), action, place, access([held]))
            const covered = reach[name as keyof typeof scopes].includes(where as keyof typeof places)
            const is = covered ? tier : 'public'
            assert.equal(verdict.tier, is, `${name} grant, ${where}`)
            const allowed = may[action]?.includes(is === 'owner' && name === 'global' ? 'owner everywhere' : is)
            const also = is === 'owner' && may[action]?.includes('owner') === true
            assert.equal(verdict.allowed, allowed === true || also, `${name} grant, ${where}`)
            assert.equal(verdict.needs, tierIn(rights[action] ?? 'owner here'))
            assert.deepEqual(verdict.ground, covered ? { kind: 'grant', grant: held } : { kind: 'none' })
            // The same grant does nothing for anybody else.
            assert.equal(judge(person('bob'), action, place, access([held])).tier, 'public')
          }
        }
      })
    }
  }

  test('the narrowest grant wins, whether it gives more or less', () => {
    const all = [grant('owner', scopes.global), grant('guest', scopes.channel), grant('member', scopes.thread)]
    for (const grants of [all, all.toReversed()]) {
      const tierIn = (place: Place): Tier => judge(person('ann'), 'prompt', place, access(grants)).tier
      assert.equal(tierIn(here), 'member')
      assert.equal(tierIn(beside), 'guest', 'a thread inherits its channel')
      assert.equal(tierIn(channel), 'guest')
      assert.equal(tierIn(elsewhere), 'owner')
      assert.equal(tierIn(dm), 'owner')
    }
    const narrowed = access([grant('owner', scopes.global), grant('public', scopes.channel)])
    assert.equal(judge(person('ann'), 'prompt', channel, narrowed).allowed, false, 'public narrows as well')
  })

  test('blocked in any scope that covers the place beats every grant', () => {
    for (const [name, scope] of Object.entries(scopes)) {
      const grants = Object.values(scopes)
        .filter((each) => each !== scope)
        .map((each) => grant('owner', each))
      for (const [where, place] of Object.entries(places)) {
        const { tier } = judge(person('ann'), 'health', place, access([...grants, grant('blocked', scope)]))
        const covered = reach[name as keyof typeof scopes].includes(where as keyof typeof places)
        assert.equal(tier === 'blocked', covered, `blocked by ${name}, ${where}`)
      }
    }
  })

  test('owners by configuration cannot be blocked out, wherever they are', () => {
    const blocked = Object.values(scopes).map((scope) => grant('blocked', scope))
    for (const place of Object.values(places)) {
      const byUser = access(blocked, { owners: { role: null, user: 'ann' } })
      assert.equal(judge(person('ann'), 'permission.set', place, byUser).allowed, true)
      const byRole = access(blocked, { owners: { role: '7', user: null } })
      assert.equal(judge(person('ann', ['7']), 'permission.set', place, byRole).tier, 'owner')
    }
  })

  test('OMC_CHANNEL_OWNER_ONLY closes channels to all but owners, and threads to nobody', () => {
    for (const tier of ['guest', 'member', 'owner'] as const) {
      const closed = access([grant(tier, scopes.global)], { channelOwnerOnly: true })
      assert.equal(judge(person('ann'), 'prompt', channel, closed).allowed, tier === 'owner')
      assert.equal(judge(person('ann'), 'prompt', channel, closed).needs, 'owner')
      assert.equal(judge(person('ann'), 'prompt', here, closed).allowed, true)
      assert.equal(judge(person('ann'), 'prompt', dm, closed).allowed, true)
    }
  })

  test('who is an owner in a narrow scope gives nothing in a wider one', () => {
    const set = (grants: readonly Grant[], scope: Scope): boolean =>
      judgeFor(person('ann'), 'permission.set', scope, here, access(grants)).allowed
    const table: readonly [keyof typeof scopes, Readonly<Record<'thread' | 'channel' | 'global', boolean>>][] = [
      ['thread', { thread: true, channel: false, global: false }],
      ['channel', { thread: true, channel: true, global: false }],
      ['global', { thread: true, channel: true, global: true }],
    ]
    for (const [held, expected] of table) {
      for (const wished of ['thread', 'channel', 'global'] as const) {
        assert.equal(set([grant('owner', scopes[held])], scopes[wished]), expected[wished], `${held} → ${wished}`)
      }
    }
    assert.equal(set([grant('owner', scopes.global), grant('blocked', scopes.thread)], scopes.global), false)
    assert.equal(set([grant('owner', scopes.global), grant('member', scopes.channel)], scopes.channel), false)
  })

  test('whoever owns one place alone is told that it is not enough, and what they are there counts as well', () => {
    const refusal = (grants: readonly Grant[]) => {
      const verdict = judge(person('ann'), 'panic', here, access(grants))
      return verdict.allowed ? null : verdict.refusal.code
    }
    assert.equal(refusal([grant('owner', scopes.thread)]), 'scope-too-wide')
    assert.equal(refusal([grant('owner', scopes.channel)]), 'scope-too-wide')
    assert.equal(refusal([grant('owner', scopes.thread), grant('member', scopes.global)]), 'scope-too-wide')
    assert.equal(refusal([grant('owner', scopes.thread), grant('owner', scopes.global)]), null)
    assert.equal(refusal([grant('member', scopes.thread), grant('owner', scopes.global)]), 'not-allowed')
  })

  test('whatever grants there are, the gate agrees with a second, independent account of the rules', () => {
    const id = fc.constantFrom('100', '101', '200', '201', '300')
    const anyScope: fc.Arbitrary<Scope> = fc.oneof(
      fc.constant({ kind: 'global' } as const),
      id.map((each) => ({ kind: 'thread', id: each as PlaceId }) as const),
      id.map((each) => ({ kind: 'channel', id: each as PlaceId }) as const),
    )
    const anyGrant = fc.record({ who: fc.constantFrom('ann', 'bob'), tier: fc.constantFrom(...tiers), scope: anyScope })
    const scene = fc.record({
      grants: fc.uniqueArray(anyGrant, { maxLength: 12, selector: (each) => `${each.who} ${keyOf(each.scope)}` }),
      action: fc.constantFrom(...actionNames),
      place: fc.constantFrom(...Object.values(places)),
      roles: fc.subarray(['7', '8']),
      owners: fc.record({ role: fc.constantFrom(null, '7'), user: fc.constantFrom(null, 'ann', 'bob') }),
      channelOwnerOnly: fc.boolean(),
    })
    fc.assert(
      fc.property(scene, ({ grants, action, place, roles, owners, channelOwnerOnly }) => {
        const given = grants.map(({ who, tier, scope }) => grant(tier, scope, who))
        const verdict = judge(person('ann', roles), action, place, { rights, owners, channelOwnerOnly, grants: given })
        assert.equal(verdict.allowed, model(given, action, place, roles, owners, channelOwnerOnly))
        assert.equal(verdict.allowed, !('refusal' in verdict))
      }),
      { numRuns: 2_000 },
    )
  })
})

function keyOf(scope: Scope): string {
  return scope.kind === 'global' ? 'global' : `${scope.kind}:${scope.id}`
}

/** SPEC F3 told once more, in another way: walk outward from the place, look into a dictionary at each step. */
function model(
  grants: readonly Grant[],
  action: ActionName,
  place: Place,
  roles: readonly string[],
  owners: Access['owners'],
  ownersOnly: boolean,
): boolean {
  const book = new Map(grants.filter(({ person }) => person === 'ann').map((each) => [keyOf(each.scope), each.tier]))
  const outward =
    place.kind === 'thread'
      ? [`thread:${place.id}`, `channel:${place.channel}`, 'global']
      : [`channel:${place.id}`, 'global']
  const found = outward.flatMap((key) => book.get(key) ?? [])
  const configured = owners.user === 'ann' || (owners.role !== null && roles.includes(owners.role))
  const tier = configured ? 'owner' : found.includes('blocked') ? 'blocked' : (found[0] ?? 'public')
  if (ownersOnly && action === 'prompt' && place.kind === 'channel') return tier === 'owner'
  const everywhere = configured || book.get('global') === 'owner'
  return (
    may[action]?.some((each) => each === tier || (each === 'owner everywhere' && tier === 'owner' && everywhere)) ??
    false
  )
}
