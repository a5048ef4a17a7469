import type { ModelLogin } from '../core/egress.ts'
import { readJson, textAt } from './json-file.ts'
import type { Renewals } from './renewal.ts'

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
export async function passFor(
  login: ModelLogin,
  way: 'key' | 'chatgpt',
  renewals: Pick<Renewals, 'freshen'>,
): Promise<Pass | null> {
  if (login.kind === 'codex') return way === 'key' ? openaiKey(login) : chatgpt(login, renewals)
  if (login.kind === 'claude-key')
    return { upstream: login.upstream, headers: { 'x-api-key': login.key }, secrets: [login.key] }
  if (login.kind === 'claude-token') return bearer(login.upstream, login.token)
  await renewals.freshen('claude', login.path)
  return bearer(login.upstream, textAt(readJson(login.path), 'claudeAiOauth', 'accessToken'))
}

function openaiKey({ path, upstream, key }: ModelLogin & { kind: 'codex' }): Pass | null {
  return bearer(upstream, key ?? textAt(readJson(path), 'OPENAI_API_KEY'))
}

async function chatgpt(
  { path, chatgptUpstream }: ModelLogin & { kind: 'codex' },
  renewals: Pick<Renewals, 'freshen'>,
): Promise<Pass | null> {
  await renewals.freshen('chatgpt', path)
  const file = readJson(path)
  const pass = bearer(chatgptUpstream, textAt(file, 'tokens', 'access_token'))
  const account = textAt(file, 'tokens', 'account_id')
  if (pass === null || account === null) return pass
  return { ...pass, headers: { ...pass.headers, 'chatgpt-account-id': account } }
}

function bearer(upstream: string, token: string | null): Pass | null {
  return token === null ? null : { upstream, headers: { authorization: `Bearer ${token}` }, secrets: [token] }
}
