import { readFileSync } from 'node:fs'
import type { ModelLogin } from '../core/egress.ts'

/** A way to the model, with everything that a request gets on it. */
export interface Pass {
  /** Base address; the request's path behind the prefix follows. */
  readonly upstream: string
  readonly headers: Readonly<Record<string, string>>
  /** What must never come back. */
  readonly secrets: readonly string[]
}

/** What the model's paths begin with in a box, and which of them are the model. */
interface Route {
  readonly prefix: string
  readonly requests: ReadonlySet<string>
}

/**
 * Requests that are the model and nothing else of the account: no files, no batches, no organisation. What Codex needs
 * of a ChatGPT login beside that: which models there are, what is left of its limits, and which account it is.
 */
const routes: Readonly<Record<'claude' | 'codex' | 'chatgpt', Route>> = {
  claude: { prefix: '', requests: new Set(['POST /v1/messages', 'POST /v1/messages/count_tokens']) },
  codex: { prefix: '/v1', requests: new Set(['POST /responses', 'POST /responses/compact', 'GET /models']) },
  chatgpt: {
    prefix: '/backend-api',
    requests: new Set([
      'POST /codex/responses',
      'POST /codex/responses/compact',
      'GET /codex/models',
      'GET /wham/usage',
      'GET /wham/accounts/check',
    ]),
  },
}

/** Headers of a box that never go on: what it says about who it is. */
export const identifying = ['authorization', 'x-api-key', 'cookie', 'chatgpt-account-id', 'openai-organization', 'host']

/** Where a request of a box goes as the model; null: it is not the model. */
export function modelRequest(
  login: ModelLogin,
  method: string,
  url: string,
): { readonly way: 'key' | 'chatgpt'; readonly path: string } | null {
  const ways = login.kind === 'codex' ? (['codex', 'chatgpt'] as const) : (['claude'] as const)
  const path = url.split('?', 1)[0] ?? ''
  for (const name of ways) {
    const { prefix, requests } = routes[name]
    if (!path.startsWith(prefix) || !requests.has(`${method} ${path.slice(prefix.length)}`)) continue
    return { way: name === 'chatgpt' ? 'chatgpt' : 'key', path: url.slice(prefix.length) }
  }
  return null
}

/** The login as it is at this moment, read from where it is kept; null: there is none of that kind. */
export function passFor(login: ModelLogin, way: 'key' | 'chatgpt'): Pass | null {
  if (login.kind === 'codex') return way === 'key' ? openaiKey(login) : chatgpt(login)
  if (login.kind === 'claude-key')
    return { upstream: login.upstream, headers: { 'x-api-key': login.key }, secrets: [login.key] }
  const token = login.kind === 'claude-token' ? login.token : textAt(fileOf(login.path), 'claudeAiOauth', 'accessToken')
  return token === null
    ? null
    : { upstream: login.upstream, headers: { authorization: `Bearer ${token}` }, secrets: [token] }
}

function openaiKey({ path, upstream, key: given }: ModelLogin & { kind: 'codex' }): Pass | null {
  const key = given ?? textAt(fileOf(path), 'OPENAI_API_KEY')
  return key === null ? null : { upstream, headers: { authorization: `Bearer ${key}` }, secrets: [key] }
}

function chatgpt({ path, chatgptUpstream }: ModelLogin & { kind: 'codex' }): Pass | null {
  const file = fileOf(path)
  const token = textAt(file, 'tokens', 'access_token')
  const account = textAt(file, 'tokens', 'account_id')
  if (token === null) return null
  return {
    upstream: chatgptUpstream,
    headers: { authorization: `Bearer ${token}`, ...(account === null ? {} : { 'chatgpt-account-id': account }) },
    secrets: [token],
  }
}

function fileOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

/** A text that is not empty, so many names down; null: there is none. */
function textAt(value: unknown, ...names: readonly string[]): string | null {
  let found: unknown = value
  for (const name of names) {
    if (typeof found !== 'object' || found === null) return null
    found = (found as Readonly<Record<string, unknown>>)[name]
  }
  return typeof found === 'string' && found !== '' ? found : null
}
