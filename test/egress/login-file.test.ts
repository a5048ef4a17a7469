import { deepEqual } from 'node:assert/strict'
import { test } from 'node:test'
import { fileWith } from '../../src/egress/login-file.ts'

const now = Date.UTC(2026, 10, 28)
const before = {
  accessToken: 'a0',
  refreshToken: 'r0',
  expiresAt: 1,
  scopes: ['user:inference'],
  subscriptionType: 'max',
}
const hours = (count: number): number => now + count * 3_600_000

/** What a token server answers, and the login that comes of it, where it differs from a new access token for an hour. */
const answers: readonly (readonly [answer: object, login: object])[] = [
  [
    { refresh_token: 'r1', expires_in: 28_800, scope: 'user:inference user:profile' },
    { refreshToken: 'r1', expiresAt: hours(8), scopes: ['user:inference', 'user:profile'] },
  ],
  [{}, {}],
  // Without a refresh token the old one goes on, however it is not told.
  [{ refresh_token: '' }, {}],
  [{ refresh_token: null }, {}],
  [{ refresh_token: 7 }, {}],
  // The CLI takes a login without that scope for none.
  [{ scope: '' }, {}],
  [{ scope: 'user:profile' }, {}],
  [{ scope: ['user:inference'] }, {}],
  // A time that is none.
  [{ expires_in: -5 }, {}],
  [{ expires_in: 0 }, {}],
  [{ expires_in: Number.POSITIVE_INFINITY }, {}],
  [{ expires_in: 1e300 }, {}],
  [{ expires_in: '28800' }, {}],
]

test('a Claude login takes of an answer what makes sense, and keeps the rest of what it had', () => {
  for (const [answer, login] of answers) {
    const file = fileWith('claude', { claudeAiOauth: before, mcpOAuth: 'kept' }, { access_token: 'a1', ...answer }, now)
    const usual = { ...before, accessToken: 'a1', expiresAt: hours(1) }
    deepEqual(file, { claudeAiOauth: { ...usual, ...login }, mcpOAuth: 'kept' }, JSON.stringify(answer))
  }
})

test('a ChatGPT login the same', () => {
  const tokens = { id_token: 'i0', access_token: 'a0', refresh_token: 'r0', account_id: 'kept' }
  const renewed = (answer: object) => fileWith('chatgpt', { tokens }, { access_token: 'a1', ...answer }, now)['tokens']
  deepEqual(renewed({ id_token: 'i1', refresh_token: 'r1' }), {
    ...tokens,
    id_token: 'i1',
    access_token: 'a1',
    refresh_token: 'r1',
  })
  for (const nothing of [{}, { refresh_token: '', id_token: '' }, { refresh_token: null, id_token: 7 }])
    deepEqual(renewed(nothing), { ...tokens, access_token: 'a1' }, JSON.stringify(nothing))
})
