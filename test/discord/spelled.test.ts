import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spelled } from '../../src/discord/spelled.ts'
import { fc } from '../random.ts'

test('people and emoji are called by their names; whom Discord does not name stays a number', () => {
  const bob = { id: '7', username: 'bob', global_name: 'Bob B.' }
  assert.equal(
    spelled('ask <@7>, <@!7> or <@8> <:ship_it:12> <a:go:13>', [bob]),
    'ask @Bob B., @Bob B. or <@8> :ship_it: :go:',
  )
  assert.equal(spelled('<t:1:R> <#5> <@&6> </x:1> a < b > c', [bob]), '<t:1:R> <#5> <@&6> </x:1> a < b > c')
})

test('no name adds a line, or turns what is around it', () => {
  const nasty = fc.array(fc.constantFrom('\n', '\u2028', '\u202e', '\u200b', '$&', '$1', '<@7>', 'a', '한'))
  fc.assert(
    fc.property(nasty, (parts) => {
      const text = spelled('say <@7> now', [{ id: '7', username: parts.join(''), global_name: null }])
      assert.match(text, /^say @[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+ now$/u)
    }),
  )
})
