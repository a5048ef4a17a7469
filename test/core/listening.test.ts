import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { PersonId, PlaceId } from '../../src/core/ids.ts'
import { isForUs, type ChannelRules } from '../../src/core/listening.ts'
import type { Person } from '../../src/core/person.ts'
import type { Place } from '../../src/core/place.ts'

const starter = 'starter' as PersonId
const places: Readonly<Record<Place['kind'], Place>> = {
  channel: { kind: 'channel', id: '1' as PlaceId, guild: '2' },
  thread: { kind: 'thread', id: '3' as PlaceId, channel: '1' as PlaceId, guild: '2' },
  dm: { kind: 'dm', id: '4' as PlaceId },
}

/** Where, by whom, how it is meant → for which of starter, mention and all it is a prompt, without and with bystanders. */
const table = [
  ['channel', 'starter', 'plain', 'starter all', 'starter all'],
  ['channel', 'starter', 'aside', '', 'starter all'],
  ['channel', 'other', 'plain', 'all', 'all'],
  ['channel', 'other', 'aside', '', 'all'],
  ['channel', 'other', 'addressed', 'starter mention all', 'starter mention all'],
  ['thread', 'other', 'plain', 'starter mention all', 'starter mention all'],
  ['thread', 'other', 'aside', 'starter mention all', 'starter mention all'],
  ['dm', 'other', 'plain', 'starter mention all', 'starter mention all'],
] as const

for (const [kind, who, how, strict, lifted] of table) {
  it(`${how} words of ${who === 'starter' ? 'the one who started the session' : 'somebody else'} in a ${kind}`, () => {
    const author: Person = { id: (who === 'starter' ? starter : 'x') as PersonId, name: who, locale: 'en', roles: [] }
    const message = { place: places[kind], author, addressed: how === 'addressed', aside: how === 'aside' }
    for (const [includeBystanders, wanted] of [
      [false, strict],
      [true, lifted],
    ] as const) {
      const heard = (['starter', 'mention', 'all'] as const).filter((listen) => {
        const rules: ChannelRules = { listen, includeBystanders, history: 10 }
        return isForUs(message, { owner: starter }, rules)
      })
      assert.equal(heard.join(' '), wanted)
    }
  })
}

it('without a session only what is said to the bot, or in a DM', () => {
  const author: Person = { id: starter, name: 'a', locale: 'en', roles: [] }
  const rules: ChannelRules = { listen: 'all', includeBystanders: true, history: 10 }
  const said = (kind: Place['kind'], addressed: boolean): boolean =>
    isForUs({ place: places[kind], author, addressed, aside: false }, null, rules)
  assert.deepEqual([said('dm', false), said('channel', false), said('thread', false)], [true, false, false])
  assert.ok(said('channel', true))
})
