import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { renewingFolder } from '../core/egress.ts'
import { fieldsOf, textAt, type Fields } from './json-file.ts'

/** Whose login a file holds: `.credentials.json` of Claude's CLI, `auth.json` of Codex. */
export type LoginKind = 'claude' | 'chatgpt'

/** What the CLIs call themselves where tokens are renewed. */
const clients = { claude: '9d1c250a-e61b-44d9-88ed-5944d1962f5e', chatgpt: 'app_EMoamEEZ73f0CkXaXp7hrann' } as const
const scopesOfClaude = 'user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload'

/** The tokens of a login. `endsAt` null: nobody says. */
export interface LoginTokens {
  readonly access: string | null
  readonly refresh: string | null
  readonly endsAt: number | null
}

export function tokensIn(kind: LoginKind, file: Fields): LoginTokens {
  if (kind === 'claude') {
    const { expiresAt } = fieldsOf(file['claudeAiOauth'])
    return {
      access: textAt(file, 'claudeAiOauth', 'accessToken'),
      refresh: textAt(file, 'claudeAiOauth', 'refreshToken'),
      endsAt: typeof expiresAt === 'number' ? expiresAt : null,
    }
  }
  const access = textAt(file, 'tokens', 'access_token')
  return { access, refresh: textAt(file, 'tokens', 'refresh_token'), endsAt: endOf(access ?? '') }
}

/** What the CLI itself would send to have this login renewed. */
export function requestOf(kind: LoginKind, file: Fields, refresh_token: string): Fields {
  const grant = { grant_type: 'refresh_token', refresh_token }
  if (kind === 'chatgpt') return { client_id: clients.chatgpt, refresh_reason: 'proactive_expiry', ...grant }
  const own = textAt(file, 'claudeAiOauth', 'clientId')
  const { scopes } = fieldsOf(file['claudeAiOauth'])
  return own !== null && Array.isArray(scopes)
    ? { ...grant, client_id: own, scope: scopes.join(' ') }
    : { ...grant, client_id: clients.claude, scope: scopesOfClaude }
}

/** How long a token may be said to hold, in seconds: what is said beyond that makes no sense. */
const [leastSeconds, mostSeconds] = [60, 2 * 366 * 86_400]

/** The file's content with the tokens of an answer; everything else stays as it is. */
export function fileWith(kind: LoginKind, file: Fields, answer: Fields, now: number): Fields {
  if (kind === 'chatgpt') {
    const before = fieldsOf(file['tokens'])
    const names = ['id_token', 'access_token', 'refresh_token'] as const
    const renewed = names.map((name) => [name, textAt(answer, name) ?? before[name]] as const)
    return { ...file, tokens: { ...before, ...Object.fromEntries(renewed) }, last_refresh: new Date(now).toISOString() }
  }
  const before = fieldsOf(file['claudeAiOauth'])
  const { expires_in: seconds } = answer
  const holds = typeof seconds === 'number' && seconds >= leastSeconds && seconds <= mostSeconds
  const scopes = textAt(answer, 'scope')?.split(' ') ?? []
  const renewed = {
    ...before,
    accessToken: answer['access_token'],
    refreshToken: textAt(answer, 'refresh_token') ?? before['refreshToken'],
    expiresAt: now + (holds ? seconds : 3600) * 1000,
    // An answer that does not name them changes none; without this one the CLI takes the login for none.
    ...(scopes.includes('user:inference') ? { scopes } : {}),
  }
  return { ...file, claudeAiOauth: renewed }
}

/** Says which token is meant without saying the token. */
export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 32)
}

/**
 * Where the answer to a renewal lies until it stands in the login's file. Its name says which refresh token was spent for
 * it: after a death in between, that token is not spent again.
 */
export function draftOf(path: string, refresh: string): string {
  return join(dirname(path), renewingFolder, `${basename(path)}.${digestOfToken(refresh)}`)
}

/** When a JWT ends; null where it does not say. */
function endOf(token: string): number | null {
  try {
    const { exp } = fieldsOf(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
    return typeof exp === 'number' ? exp * 1000 : null
  } catch {
    return null
  }
}
