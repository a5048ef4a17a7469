import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Gate } from '../../src/core/gate.ts'
import { judge, type Scope } from '../../src/core/policy.ts'
import type { Locale } from '../../src/core/person.ts'
import { tiers, type Tier } from '../../src/core/right.ts'
import { help } from '../../src/features/help/help.ts'
import { call, commandOf } from './call.ts'
import { product, rights } from './product.ts'

const everywhere: Scope = { kind: 'global' }

/** What `/help` says to somebody of that tier. */
async function helpFor(tier: Tier, locale: Locale = 'en'): Promise<string> {
  const { person } = call()
  const grants = [{ person: person.id, scope: everywhere, tier, by: person.id, at: 1 }]
  const owners = { role: null, user: null }
  const gate: Pick<Gate, 'judge'> = {
    judge: async (who, action, place) => judge(who, action, place, { rights, owners, grants, channelOwnerOnly: false }),
  }
  const feature = help({ gate: gate as Gate, features: () => product })
  const { text, hidden } = await commandOf(feature, 'help').run(call({}, { person: { ...person, locale } }))
  assert.ok(hidden, 'for the person alone')
  return text
}

describe('/help', () => {
  for (const tier of tiers) {
    it(`shows somebody who is ${tier} every command they may use, and no other`, async () => {
      const shown = [...(await helpFor(tier)).matchAll(/^› `\/(.*?)` \S/gm)].map(([, name]) => name)
      const allowed = product.commands.filter(({ right }) => {
        const needs = rights[right] ?? assert.fail(right)
        return tier !== 'blocked' && tiers.indexOf(tier) >= tiers.indexOf(needs)
      })
      assert.deepEqual(
        shown,
        allowed.map(({ path }) => path.join(' ')),
      )
    })
  }

  it('is one message with all of it, in the reader’s language', async () => {
    const [english, korean] = [await helpFor('owner'), await helpFor('owner', 'ko')]
    for (const text of [english, korean]) assert.ok(text.length <= 2000, `${text.length}`)
    assert.match(english, /^You are an \*\*owner\*\* here\. Where a session is, write to the agent/)
    assert.match(korean, /› `\/session start` 여기에서 코딩 에이전트 세션을 시작해요/)
  })

  it('says to whom no agent listens how that can change', async () => {
    assert.match(await helpFor('public'), /Agents do not hear you; an owner can change that with `\/permission set`/)
    assert.doesNotMatch(await helpFor('guest'), /Agents do not hear you/)
  })
})
