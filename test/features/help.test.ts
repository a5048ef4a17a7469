import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Gate } from '../../src/core/gate.ts'
import { judge, type Scope } from '../../src/core/policy.ts'
import type { Locale } from '../../src/core/person.ts'
import { tierIn, tiers, type Tier } from '../../src/core/right.ts'
import { messageLimit, split } from '../../src/discord/split.ts'
import { help } from '../../src/features/help/help.ts'
import { en, ko } from '../../src/features/help/words.ts'
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
      const shown = [...(await helpFor(tier)).matchAll(/^› `\/(.*?)`(.*)/gm)].flatMap(([, name = '', rest = '']) => {
        const [, subcommands = ''] = /^((?: `[^`]+`)+) · \S/.exec(rest) ?? []
        if (subcommands === '') assert.match(rest, /^ \S/)
        return subcommands === ''
          ? [name]
          : subcommands.split(' ').flatMap((each) => (each === '' ? [] : `${name} ${each.slice(1, -1)}`))
      })
      const allowed = product.commands.filter(({ right }) => {
        const needs = rights[right] ?? assert.fail(right)
        return tier !== 'blocked' && tiers.indexOf(tier) >= tiers.indexOf(tierIn(needs))
      })
      assert.deepEqual(shown.toSorted(), allowed.map(({ path }) => path.join(' ')).toSorted())
    })
  }

  it('leaves nothing out where there are as many commands as Discord takes', () => {
    const many = Array.from({ length: 100 }, (_, at) => ({
      name: `command-${at}`,
      subcommands: [],
      description: 'A sentence about it, as long as they are here',
    }))
    for (const words of [en, ko]) {
      const text = words.help('owner', true, many)
      assert.ok(many.every(({ name }) => text.includes(`/${name}\``)))
      assert.ok(split(text, { limit: messageLimit, frozen: [] }).length <= 5)
    }
  })

  it('is one message with all of it, in the reader’s language', async () => {
    const [english, korean] = [await helpFor('owner'), await helpFor('owner', 'ko')]
    for (const text of [english, korean]) assert.ok(text.length <= 2000, `${text.length}`)
    assert.match(english, /^You are an \*\*owner\*\* here\. Where a session is, write to the agent/)
    assert.match(korean, /› `\/session` `start` `stop` `list` .*코딩 에이전트와 함께 쓰는 세션/)
  })

  it('says to whom no agent listens how that can change', async () => {
    assert.match(
      await helpFor('public'),
      /Agents do not read what you write here; an owner can change that with `\/permission set`/,
    )
    assert.doesNotMatch(await helpFor('guest'), /Agents do not read what you write here/)
  })
})
