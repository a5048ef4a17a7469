import { deepEqual, equal } from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ModelLogin } from '../../src/core/egress.ts'
import { alpha, ask, caller, renewingIn, Stage, type Upstream } from './stage.ts'

const soon = (): number => Date.now() + 60_000
const later = (): number => Date.now() + 3_600_000

interface Renewing {
  readonly path: string
  readonly upstream: Upstream
  readonly server: Upstream
  readonly folder: string
}

/** A login in a file, the model it is for, and the server that renews it. */
async function renewing(stage: Stage, name: string, content: object, login: (path: string, url: string) => ModelLogin) {
  const [upstream, server] = [await stage.upstream(), await stage.upstream()]
  const path = join(stage.dataFolder, 'login', name)
  mkdirSync(join(stage.dataFolder, 'login'), { recursive: true })
  writeFileSync(path, JSON.stringify(content))
  const renewing = renewingIn(stage.dataFolder, server.url)
  const proxy = await stage.proxy({ 'claude:default': login(path, upstream.url) }, { renewing })
  const folder = await proxy.open(alpha, caller())
  return { path, upstream, server, folder } satisfies Renewing
}

function claude(stage: Stage, claudeAiOauth: object): Promise<Renewing> {
  const login = (path: string, upstream: string): ModelLogin => ({ kind: 'claude-file', upstream, path })
  return renewing(stage, '.credentials.json', { claudeAiOauth, mcpOAuth: { kept: true } }, login)
}

const tokens = { accessToken: 'old', refreshToken: 'refresh-1', scopes: ['user:inference'], subscriptionType: 'max' }

function authorizations({ upstream }: Renewing): readonly unknown[] {
  return upstream.seen.map(({ headers }) => headers.authorization)
}

test('a Claude login is renewed before its end, once for all who wait; what else is in its file stays', async () => {
  await using stage = new Stage()
  const its = await claude(stage, { ...tokens, expiresAt: soon() })
  its.server.answer = (_, answered) =>
    answered.end(JSON.stringify({ access_token: 'new', refresh_token: 'refresh-2', expires_in: 28_800 }))
  await Promise.all(Array.from({ length: 4 }, () => ask(its.folder, '/v1/messages')))
  deepEqual(authorizations(its), ['Bearer new', 'Bearer new', 'Bearer new', 'Bearer new'])
  equal(its.server.seen.length, 1)
  const sent = JSON.parse(its.server.seen[0]?.body ?? '') as Record<string, string>
  deepEqual([sent['grant_type'], sent['refresh_token']], ['refresh_token', 'refresh-1'])
  const file = JSON.parse(readFileSync(its.path, 'utf8')) as { claudeAiOauth: typeof tokens; mcpOAuth: object }
  const { accessToken, refreshToken, scopes, subscriptionType } = file.claudeAiOauth
  deepEqual([accessToken, refreshToken, scopes, subscriptionType], ['new', 'refresh-2', ['user:inference'], 'max'])
  deepEqual(file.mcpOAuth, { kept: true })
  equal(statSync(its.path).mode & 0o777, 0o600)
  equal(existsSync(join(stage.dataFolder, 'login', '.oauth_refresh.lock')), false)
})

test('a login that is good, or has nothing to be renewed with, is left alone', async () => {
  await using stage = new Stage()
  const its = await claude(stage, { ...tokens, expiresAt: later() })
  await ask(its.folder, '/v1/messages')
  writeFileSync(its.path, JSON.stringify({ claudeAiOauth: { ...tokens, refreshToken: null, expiresAt: soon() } }))
  await ask(its.folder, '/v1/messages')
  deepEqual([authorizations(its), its.server.seen.length], [['Bearer old', 'Bearer old'], 0])
})

test('a login that the model refuses is renewed before the next request', async () => {
  await using stage = new Stage()
  const its = await claude(stage, { ...tokens, expiresAt: later() })
  its.server.answer = (_, answered) => answered.end(JSON.stringify({ access_token: 'new', expires_in: 28_800 }))
  its.upstream.answer = (asked, answered) =>
    answered.writeHead(asked.headers.authorization === 'Bearer new' ? 200 : 401).end('{}')
  equal((await ask(its.folder, '/v1/messages')).status, 401)
  equal((await ask(its.folder, '/v1/messages')).status, 200)
  equal(its.server.seen.length, 1)
})

test('a refresh token that is dead is not tried again; a new login in the file is', async () => {
  await using stage = new Stage()
  const its = await claude(stage, { ...tokens, expiresAt: soon() })
  its.server.answer = (_, answered) => answered.writeHead(400).end(JSON.stringify({ error: 'invalid_grant' }))
  await ask(its.folder, '/v1/messages')
  await ask(its.folder, '/v1/messages')
  deepEqual([authorizations(its), its.server.seen.length], [['Bearer old', 'Bearer old'], 1])
  writeFileSync(its.path, JSON.stringify({ claudeAiOauth: { ...tokens, accessToken: 'other', expiresAt: later() } }))
  await ask(its.folder, '/v1/messages')
  equal(authorizations(its).at(-1), 'Bearer other')
})

test('a lock that a dead CLI has left is taken over', async () => {
  await using stage = new Stage()
  const its = await claude(stage, { ...tokens, expiresAt: soon() })
  const lock = join(stage.dataFolder, 'login', '.oauth_refresh.lock')
  mkdirSync(lock)
  utimesSync(lock, new Date(0), new Date(0))
  its.server.answer = (_, answered) => answered.end(JSON.stringify({ access_token: 'new', expires_in: 28_800 }))
  await ask(its.folder, '/v1/messages')
  deepEqual(authorizations(its), ['Bearer new'])
})

test('a ChatGPT login is renewed when its token ends', async () => {
  await using stage = new Stage()
  const jwt = (exp: number): string => `h.${Buffer.from(JSON.stringify({ exp: exp / 1000 })).toString('base64url')}.s`
  const before = { access_token: jwt(soon()), refresh_token: 'refresh-1', id_token: 'id', account_id: 'acc-1' }
  const its = await renewing(stage, 'auth.json', { OPENAI_API_KEY: null, tokens: before }, (path, url) => ({
    kind: 'codex',
    upstream: url,
    chatgptUpstream: url,
    key: null,
    path,
  }))
  const access_token = jwt(later())
  its.server.answer = (_, answered) => answered.end(JSON.stringify({ access_token, refresh_token: 'refresh-2' }))
  await ask(its.folder, '/backend-api/codex/responses')
  deepEqual(authorizations(its), [`Bearer ${access_token}`])
  equal(its.server.seen[0]?.url, '/chatgpt')
  const file = JSON.parse(readFileSync(its.path, 'utf8')) as { tokens: object; last_refresh: string }
  deepEqual(file.tokens, { ...before, access_token, refresh_token: 'refresh-2' })
  equal(Number.isNaN(Date.parse(file.last_refresh)), false)
})
