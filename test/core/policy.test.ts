import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Place } from '../../src/core/place.ts'
import { hasLess, judge, type Owners } from '../../src/core/policy.ts'
import { tierIn, type Tier } from '../../src/core/right.ts'
import { actionNames, rights } from '../features/product.ts'
import { person, placeId, thread } from '../stores/cast.ts'
import { fc } from '../random.ts'

const places: readonly Place[] = [
  thread('200'),
  { kind: 'channel', id: placeId('100'), guild: '1' },
  { kind: 'dm', id: placeId('300') },
]
const nobody: Owners = { role: null, user: null }

suite('policy', () => {
  for (const action of actionNames) {
    for (const place of places) {
      test(`${action} in a ${place.kind}: who may, and who may not`, () => {
        const may = (roles: readonly string[], owners: Owners): boolean =>
          judge(person('ann', roles), action, place, { rights, owners, grants: [], channelOwnerOnly: false }).allowed
        assert.equal(may([], { role: null, user: 'ann' }), true, 'the owner by id, everywhere')
        assert.equal(may(['7'], { role: '7', user: null }), true, 'the owner by role, everywhere')
        const open = rights[action] === 'public'
        assert.equal(may(['7'], { role: null, user: 'bob' }), open)
        assert.equal(may(['8'], { role: '7', user: 'bob' }), open)
        assert.equal(may([], { role: '7', user: 'bob' }), open)
        assert.equal(may(['7'], nobody), open)
        assert.equal(may([], nobody), open, 'no configuration makes nobody an owner')
      })
    }
  }

  test('somebody has less when they may not any more, and when they may as less than they were', () => {
    const standing = (tier: Tier) => {
      const grant = { person: person('ann').id, scope: { kind: 'global' }, tier, by: person('bob').id, at: 1 } as const
      const access = { rights, owners: nobody, grants: [grant], channelOwnerOnly: false }
      return judge(person('ann'), 'prompt', thread('200'), access)
    }
    assert.deepEqual(
      (['blocked', 'public', 'guest', 'member', 'owner'] as const).map((now) => hasLess(standing(now), 'member')),
      [true, true, true, false, false],
    )
    assert.equal(hasLess(standing('guest'), 'guest'), false)
  })

  test('whatever comes: a no names the action, and only the owner by id or by role is an owner', () => {
    const name = fc.constantFrom('ann', 'bob', 'null', 'undefined', '')
    const scene = fc.record({
      roles: fc.array(name, { maxLength: 3 }),
      action: fc.constantFrom(...actionNames),
      place: fc.constantFrom(...places),
      owners: fc.record({ role: fc.option(name), user: fc.option(name) }),
      who: name,
    })
    fc.assert(
      fc.property(scene, ({ roles, action, place, owners, who }) => {
        const verdict = judge(person(who, roles), action, place, {
          rights,
          owners,
          grants: [],
          channelOwnerOnly: false,
        })
        const byRole = owners.role !== null && roles.includes(owners.role)
        assert.equal(verdict.tier, who === owners.user || byRole ? 'owner' : 'public')
        if (!verdict.allowed) {
          const { tier, needs } = { tier: verdict.tier, needs: tierIn(rights[action] ?? 'owner here') }
          assert.deepEqual(verdict.refusal, { code: 'not-allowed', action, tier, needs })
        }
      }),
    )
  })

  test('it fails closed: what it does not know, nobody may do', () => {
    for (const action of ['', 'run.everything', 'constructor', 'toString', '__proto__']) {
      for (const place of places) {
        for (const who of [person('ann'), person('ann', ['7']), person('bob')]) {
          const owners = { role: '7', user: 'bob' }
          const verdict = judge(who, action, place, { rights, owners, grants: [], channelOwnerOnly: false })
          assert.equal(verdict.allowed, false, action)
        }
      }
    }
  })
})
