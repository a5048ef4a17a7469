import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gitOriginOf, gitPersonOf, isGitAddress } from '../../src/core/identity.ts'
import type { PersonId } from '../../src/core/ids.ts'
import { readForm } from '../../src/features/identity/filled.ts'

test('a git server is known by its origin, however it is written', () => {
  const table: readonly (readonly [string, string | null])[] = [
    ['github.com', 'https://github.com'],
    [' GitHub.com/ ', 'https://github.com'],
    ['https://github.com/a/b.git', 'https://github.com'],
    ['git@github.com:a/b.git', 'https://github.com'],
    ['ssh://git@github.com/a/b', 'https://github.com'],
    ['git.example.org:8443', 'https://git.example.org:8443'],
    ['http://gitea.lan:3000/x', 'http://gitea.lan:3000'],
    ['https://name:secret@github.com', 'https://github.com'],
    ['ftp://github.com', null],
    ['ghp_abc def', null],
    ['', null],
  ]
  for (const [typed, origin] of table) assert.equal(gitOriginOf(typed), origin, typed)
})

test('whoever has linked nothing commits by their name in Discord, and in no way that git does not take', () => {
  const of = (name: string) => gitPersonOf({ id: '42' as PersonId, name }, null)
  assert.deepEqual(of('Minji 🌱'), { name: 'Minji 🌱', email: '42@discord.invalid' })
  assert.equal(of('a <b>\n[core]"x').name, 'a b [core] x')
  assert.equal(of('...').name, 'discord-42')
  assert.ok(isGitAddress(of('x').email))
})

test('the form takes a token a line, and what is wrong is told without what stands there', () => {
  const form = (tokens: string, more = {}) => readForm({ name: 'Ann', address: 'a@x.org', tokens, ...more })
  assert.deepEqual(form('github.com ghp_12345678\n\n gitlab.com:8443  oauth2:glpat-12345678 \n'), {
    name: 'Ann',
    email: 'a@x.org',
    tokens: {
      'https://github.com': { username: 'x-access-token', secret: 'ghp_12345678' },
      'https://gitlab.com:8443': { username: 'oauth2', secret: 'glpat-12345678' },
    },
  })
  assert.deepEqual(form(''), { name: 'Ann', email: 'a@x.org', tokens: {} })
  assert.deepEqual(form('github.com'), { what: 'token', line: 1 })
  assert.deepEqual(form('\ngithub.com two words'), { what: 'token', line: 2 })
  assert.deepEqual(form('ftp://x ghp_12345678'), { what: 'host', line: 1 })
  assert.deepEqual(form('', { address: 'a b@x' }), { what: 'address' })
  assert.deepEqual(form('', { name: '<>' }), { what: 'name' })
})
