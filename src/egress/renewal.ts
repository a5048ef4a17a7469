import { mkdir, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeAtomically } from '../system/atomic-file.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import { fieldsOf, readJson, textAt, type Fields } from './json-file.ts'

/** Where tokens are renewed, as the CLIs do it themselves. */
export interface TokenServers {
  readonly claude: string
  readonly chatgpt: string
}

export const usualTokenServers: TokenServers = {
  claude: 'https://platform.claude.com/v1/oauth/token',
  chatgpt: 'https://auth.openai.com/oauth/token',
}

/** What the CLIs call themselves there. */
const clients = { claude: '9d1c250a-e61b-44d9-88ed-5944d1962f5e', chatgpt: 'app_EMoamEEZ73f0CkXaXp7hrann' } as const
const scopesOfClaude = 'user:profile user:inference user:sessions:claude_code user:mcp_servers user:file_upload'

/** A token is renewed so long before its end, as the CLI does it. */
const aheadMs = 5 * 60_000
const answerWithinMs = 30_000
/** After a renewal that failed the old token is good enough for so long. */
const againAfterMs = 30_000
/** A lock that nobody has touched for so long was left behind by a death; its holder touches it every few seconds. */
const staleMs = 10_000
const touchEveryMs = 4000
const lockTries = 12

type Kind = keyof TokenServers

/**
 * Renews the logins that lie in the CLIs' own files, since no CLI in a box has one to renew: before a token's end, or
 * when it was refused. One at a time for a file, under the lock that Claude's CLI knows too, so that two never spend one
 * refresh token. What cannot be renewed stays as it is; the model says the rest.
 */
export class Renewals {
  readonly #servers: TokenServers
  readonly #running = new Map<string, Promise<void>>()
  readonly #failedAt = new BoundedMap<string, number>(100)
  /** Refresh tokens that are dead, and access tokens that were refused. */
  readonly #dead = new BoundedMap<string, true>(100)

  constructor(servers: TokenServers) {
    this.#servers = servers
  }

  /** Resolves when the file's token is good for a while, or nothing can be done about it. Never rejects. */
  async freshen(kind: Kind, path: string): Promise<void> {
    if (!this.#isDue(kind, readJson(path))) return
    if (Date.now() - (this.#failedAt.get(path) ?? 0) < againAfterMs) return
    let running = this.#running.get(path)
    if (running === undefined) {
      running = this.#renew(kind, path)
        .catch((error: unknown) => {
          this.#failedAt.set(path, Date.now())
          console.error(`${path}: ${String(error)}`)
        })
        .finally(() => this.#running.delete(path))
      this.#running.set(path, running)
    }
    await running
  }

  /** The model did not take this token, whatever its end. */
  refused(token: string): void {
    this.#dead.set(token, true)
  }

  #isDue(kind: Kind, file: Fields): boolean {
    const { access, refresh, endsAt } = tokensIn(kind, file)
    if (access === null || refresh === null || this.#dead.has(refresh)) return false
    return this.#dead.has(access) || (endsAt !== null && endsAt <= Date.now() + aheadMs)
  }

  #renew(kind: Kind, path: string): Promise<void> {
    return underLock(join(dirname(path), '.oauth_refresh.lock'), () => this.#renewNow(kind, path))
  }

  async #renewNow(kind: Kind, path: string): Promise<void> {
    // Another program may have done it while we waited.
    const file = readJson(path)
    if (!this.#isDue(kind, file)) return
    const refresh = tokensIn(kind, file).refresh ?? ''
    const response = await fetch(this.#servers[kind], {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(requestOf(kind, file, refresh)),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    const answer = fieldsOf(await response.json().catch(() => null))
    if (response.ok && textAt(answer, 'access_token') !== null) {
      const fileWith = kind === 'claude' ? claudeFile : chatgptFile
      return underLock(join(dirname(path), '.storage-write.lock'), async () =>
        writeAtomically(path, JSON.stringify(fileWith(readJson(path), answer))),
      )
    }
    // It was taken back, or spent by somebody else: no further try can help until there is another login.
    if (textAt(answer, 'error') === 'invalid_grant') this.#dead.set(refresh, true)
    throw new Error(`the token was not renewed: ${response.status} ${textAt(answer, 'error') ?? ''}`)
  }
}

function requestOf(kind: Kind, file: Fields, refresh_token: string): Fields {
  const grant = { grant_type: 'refresh_token', refresh_token }
  if (kind === 'chatgpt') return { client_id: clients.chatgpt, refresh_reason: 'proactive_expiry', ...grant }
  const own = textAt(file, 'claudeAiOauth', 'clientId')
  const { scopes } = fieldsOf(file['claudeAiOauth'])
  return own !== null && Array.isArray(scopes)
    ? { ...grant, client_id: own, scope: scopes.join(' ') }
    : { ...grant, client_id: clients.claude, scope: scopesOfClaude }
}

function tokensIn(kind: Kind, file: Fields): { access: string | null; refresh: string | null; endsAt: number | null } {
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

/** When a JWT ends; null where it does not say. */
function endOf(token: string): number | null {
  try {
    const { exp } = fieldsOf(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()))
    return typeof exp === 'number' ? exp * 1000 : null
  } catch {
    return null
  }
}

function claudeFile(file: Fields, answer: Fields): Fields {
  const before = fieldsOf(file['claudeAiOauth'])
  const { expires_in: seconds } = answer
  const scope = textAt(answer, 'scope')
  const renewed = {
    ...before,
    accessToken: answer['access_token'],
    refreshToken: answer['refresh_token'] ?? before['refreshToken'],
    expiresAt: Date.now() + (typeof seconds === 'number' ? seconds : 3600) * 1000,
    // An answer that does not name them changes none.
    ...(scope === null ? {} : { scopes: scope.split(' ') }),
  }
  return { ...file, claudeAiOauth: renewed }
}

function chatgptFile(file: Fields, answer: Fields): Fields {
  const before = fieldsOf(file['tokens'])
  const names = ['id_token', 'access_token', 'refresh_token'] as const
  const renewed = names.map((name) => [name, answer[name] ?? before[name]] as const)
  return { ...file, tokens: { ...before, ...Object.fromEntries(renewed) }, last_refresh: new Date().toISOString() }
}

/** Works under a lock that is a folder, as Claude's CLI takes it. @throws when somebody else keeps it. */
async function underLock(path: string, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; !(await isTaken(path)); tries++) {
    const found = await stat(path).catch(() => null)
    if (found !== null && Date.now() - found.mtimeMs > staleMs) await rmdir(path).catch(() => {})
    else if (tries >= lockTries) throw new Error(`${path} is held by another program`)
    else await delay(1000)
  }
  const touching = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {})
  }, touchEveryMs)
  try {
    await work()
  } finally {
    clearInterval(touching)
    await rmdir(path).catch(() => {})
  }
}

/** Whether it is ours now. */
function isTaken(path: string): Promise<boolean> {
  return mkdir(path).then(
    () => true,
    () => false,
  )
}
