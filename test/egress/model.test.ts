import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ModelLogin } from '../../src/core/egress.ts'
import { alpha, ask, beta, caller, Stage, type Upstream } from './stage.ts'

const secret = 'planted-secret-0123456789'

/** Each way to log in: what the process outside knows, what a box sends, and what the model must get. */
function ways(stage: Stage, { url }: Upstream): readonly (readonly [ModelLogin, string, string, object])[] {
  const credentials = join(stage.dataFolder, 'credentials.json')
  writeFileSync(credentials, JSON.stringify({ claudeAiOauth: { accessToken: secret } }))
  const keyFile = join(stage.dataFolder, 'key.json')
  writeFileSync(keyFile, JSON.stringify({ OPENAI_API_KEY: secret, tokens: null }))
  const chatgptFile = join(stage.dataFolder, 'chatgpt.json')
  writeFileSync(chatgptFile, JSON.stringify({ tokens: { access_token: secret, account_id: 'acc-1' } }))
  const openai = { kind: 'codex', key: null, upstream: `${url}/v1`, chatgptUpstream: `${url}/backend-api` } as const
  const bearer = { authorization: `Bearer ${secret}` }
  return [
    [
      { kind: 'claude-key', upstream: url, key: secret },
      '/v1/messages?beta=true',
      '/v1/messages?beta=true',
      { 'x-api-key': secret },
    ],
    [{ kind: 'claude-token', upstream: url, token: secret }, '/v1/messages', '/v1/messages', bearer],
    [{ kind: 'claude-file', upstream: `${url}/llm`, path: credentials }, '/v1/messages', '/llm/v1/messages', bearer],
    [{ ...openai, path: keyFile }, '/v1/responses', '/v1/responses', bearer],
    [
      { ...openai, path: chatgptFile },
      '/backend-api/codex/responses',
      '/backend-api/codex/responses',
      { ...bearer, 'chatgpt-account-id': 'acc-1' },
    ],
  ]
}

const identities = {
  authorization: 'Bearer box',
  'x-api-key': 'box',
  cookie: 'who=box',
  'chatgpt-account-id': 'acc-box',
  'proxy-authorization': 'Basic box',
}

test('in every way to log in the login is put in outside, and what a box says of itself stays behind', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const all = ways(stage, upstream)
  const logins = Object.fromEntries(all.map(([login], nth) => [`claude:${nth}`, login]))
  const proxy = await stage.proxy(logins)
  for (const [nth, [, path, arrives, headers]] of all.entries()) {
    const folder = await proxy.open(alpha, caller({ account: String(nth) }))
    const body = JSON.stringify({ model: 'a', number: nth })
    const answer = await ask(folder, path, { headers: { ...identities, 'anthropic-beta': 'oauth-1' }, body })
    equal(answer.status, 200, path)
    const seen = upstream.seen.at(-1)
    equal(seen?.url, arrives)
    equal(seen?.body, body)
    equal(seen?.headers['anthropic-beta'], 'oauth-1')
    doesNotMatch(JSON.stringify(seen?.headers), /box/, path)
    for (const [name, value] of Object.entries(headers)) equal(seen?.headers[name], value, path)
  }
})

test('a login that comes back does not get into the box, wherever it is torn', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const proxy = await stage.proxy({ 'claude:default': { kind: 'claude-key', upstream: upstream.url, key: secret } })
  const folder = await proxy.open(alpha, caller())
  const repeat = async (_: IncomingMessage, answered: ServerResponse): Promise<void> => {
    answered.writeHead(401, { 'x-echo': `invalid ${secret}`, 'set-cookie': `login=${secret}` })
    for (const piece of ['x', secret.slice(0, 7), `${secret.slice(7)}yy${secret}`, ` ${secret.slice(0, -1)}`]) {
      answered.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    answered.end()
  }
  upstream.answer = repeat
  const answer = await ask(folder, '/v1/messages')
  const stars = '*'.repeat(secret.length)
  equal(answer.status, 401)
  equal(answer.body, `x${stars}yy${stars} ${secret.slice(0, -1)}`)
  equal(answer.headers['x-echo'], `invalid ${stars}`)
  equal(answer.headers['set-cookie'], undefined)
})

test('a login that is renewed in its file is used from the next request on', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const path = join(stage.dataFolder, 'credentials.json')
  const proxy = await stage.proxy({ 'claude:default': { kind: 'claude-file', upstream: upstream.url, path } })
  const folder = await proxy.open(alpha, caller())
  const none = await ask(folder, '/v1/messages')
  deepEqual([none.status, none.headers['x-egress-refused']], [403, 'no-login'])
  for (const accessToken of ['first', 'second']) {
    writeFileSync(path, JSON.stringify({ claudeAiOauth: { accessToken } }))
    await ask(folder, '/v1/messages')
    equal(upstream.seen.at(-1)?.headers.authorization, `Bearer ${accessToken}`)
  }
})

test('nothing but the model is reached with the login', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const [claude, , , codexKey, chatgpt] = ways(stage, upstream)
  const logins = { 'claude:default': claude?.[0], 'codex:key': codexKey?.[0], 'codex:chatgpt': chatgpt?.[0] }
  const proxy = await stage.proxy(logins as Readonly<Record<string, ModelLogin>>)
  const closed: readonly (readonly [runtime: string, account: string, method: string, path: string])[] = [
    ['claude', 'default', 'GET', '/v1/messages'],
    ['claude', 'default', 'GET', '/v1/models'],
    ['claude', 'default', 'POST', '/v1/files'],
    ['claude', 'default', 'POST', '/v1/messages/batches'],
    ['claude', 'default', 'POST', '/v1/messages/'],
    ['claude', 'default', 'POST', '/v1/messages/../files'],
    ['claude', 'default', 'POST', '/v1/./messages'],
    ['claude', 'default', 'POST', '//v1/messages'],
    ['claude', 'default', 'POST', '/v1%2Fmessages'],
    ['claude', 'default', 'POST', '/v1/messages%3F'],
    ['claude', 'default', 'POST', '/v1/messages;a'],
    ['claude', 'default', 'POST', '/V1/messages'],
    ['claude', 'default', 'GET', '/v1/organizations'],
    ['claude', 'default', 'GET', '/api/oauth/profile'],
    ['claude', 'default', 'POST', '/v1/responses'],
    ['claude', 'default', 'DELETE', '/v1/messages'],
    ['claude', 'default', 'GET', '/'],
    ['codex', 'key', 'POST', '/v1/files'],
    ['codex', 'key', 'POST', '/v1/chat/completions'],
    ['codex', 'key', 'POST', '/v1/messages'],
    ['codex', 'key', 'GET', '/v1/organization/api_keys'],
    ['codex', 'chatgpt', 'GET', '/backend-api/conversations'],
    ['codex', 'chatgpt', 'POST', '/backend-api/wham/settings/user'],
    ['codex', 'chatgpt', 'GET', '/backend-api/codex/../conversations'],
    ['codex', 'chatgpt', 'POST', '/v1/responses'],
    ['echo', 'default', 'POST', '/v1/messages'],
  ]
  for (const [runtime, account, method, path] of closed) {
    const folder = await proxy.open(alpha, caller({ runtime, account }))
    const answer = await ask(folder, path, { method })
    equal(answer.status, 403, `${runtime} ${method} ${path}`)
    match(answer.headers['x-egress-refused'] as string, /not-the-model|no-login/)
  }
  deepEqual(upstream.seen, [])
})

test('a request carries no second one, in whatever way its length is said', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const login = ways(stage, upstream)[3]?.[0] as ModelLogin
  const proxy = await stage.proxy({ 'codex:key': login })
  const folder = await proxy.open(alpha, caller({ runtime: 'codex', account: 'key' }))
  const hidden = 'POST /v1/files HTTP/1.1\r\nhost: x\r\nx: '
  const chunked = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
  const lengths: readonly (readonly [string, string])[] = [
    ['transfer-encoding: chunked', chunked],
    [`connection: close, content-length\r\ncontent-length: ${hidden.length}`, hidden],
    ['transfer-encoding: chunked\r\nconnection: transfer-encoding', chunked],
    [`transfer-encoding: chunked\r\ncontent-length: 4`, chunked],
    ['transfer-encoding: xchunked', chunked],
  ]
  for (const [said, body] of lengths) {
    const status = await raw(folder, `GET /v1/models HTTP/1.1\r\nhost: x\r\n${said}\r\n\r\n${body}`)
    match(status, /^HTTP\/1\.1 (200|400) /, said)
    // By the same connection to the model, where that is kept.
    equal((await ask(folder, '/v1/responses', { body: 'mine' })).status, 200)
  }
  const seen = upstream.seen.map(({ method, url }) => `${method} ${url}`)
  deepEqual([...new Set(seen)].sort(), ['GET /v1/models', 'POST /v1/responses'])
  for (const { method, body } of upstream.seen) equal(body, method === 'GET' ? hidden : 'mine')
})

test('a session without a policy reaches nothing, and another one is not disturbed', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const proxy = await stage.proxy({ 'claude:default': { kind: 'claude-key', upstream: upstream.url, key: secret } })
  const folders = [await proxy.open(alpha, caller()), await proxy.open(beta, caller())] as const
  await proxy.close(alpha)
  await ask(folders[0], '/v1/messages').then(
    () => Promise.reject(new Error('answered')),
    (error: NodeJS.ErrnoException) => equal(error.code, 'ENOENT'),
  )
  equal((await ask(folders[1], '/v1/messages')).status, 200)
})

test('an answer streams: each piece is there before the next is written, and who leaves stops the model', async () => {
  await using stage = new Stage()
  const upstream = await stage.upstream()
  const proxy = await stage.proxy({ 'claude:default': { kind: 'claude-key', upstream: upstream.url, key: secret } })
  const folder = await proxy.open(alpha, caller())
  const began = Promise.withResolvers<ServerResponse>()
  upstream.answer = (_, answered) => {
    answered.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
    began.resolve(answered)
  }
  const sent = request({ socketPath: join(folder, 'egress.sock'), path: '/v1/messages', method: 'POST' })
  sent.on('error', () => {})
  sent.end('{}')
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const answered = await began.promise
  for (const piece of ['one', 'two', 'three']) {
    answered.write(piece)
    equal(String((await once(response, 'data')) as unknown as [Buffer]), piece)
  }
  const gone = once(answered, 'close')
  sent.destroy()
  await gone
})

test('a model that is not there is said so', async () => {
  await using stage = new Stage()
  const login = { kind: 'claude-key', upstream: 'http://127.0.0.1:1', key: secret } as const
  const proxy = await stage.proxy({ 'claude:default': login })
  const answer = await ask(await proxy.open(alpha, caller()), '/v1/messages')
  equal(answer.status, 502)
  equal(answer.headers['x-egress-refused'], 'unreachable')
  match(answer.body, /ECONNREFUSED/)
})

/** What comes back first for bytes that no client would send. */
async function raw(folder: string, bytes: string): Promise<string> {
  const socket = connect(join(folder, 'egress.sock'))
  socket.on('error', () => {})
  socket.write(bytes)
  const [first] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return first.toString()
}
