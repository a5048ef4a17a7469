import { readFileSync } from 'node:fs'
import type { ModelLogin } from '../core/egress.ts'
import { fine, type Finding } from '../core/finding.ts'

/**
 * Whether each named account has a login at all, by `runtime:account`; the one without a name is looked at by its agent
 * (`runtimes/<agent>/check.ts`). Reads files, starts nothing.
 */
export function checkAccountLogins(logins: Readonly<Record<string, ModelLogin>>): readonly Finding[] {
  return Object.entries(logins).flatMap(([name, login]): readonly Finding[] => {
    const [runtime = '', account = ''] = name.split(':')
    if (account === 'default') return []
    const id = `${runtime}.login.${account}`
    if (hasLogin(login)) return [fine(id, `The account ${account} of ${runtime} has a login.`)]
    const path = 'path' in login ? login.path : ''
    const text = `The account ${account} of ${runtime} (OMC_ACCOUNTS_JSON) has no login: nothing in ${path} can be used.`
    return [
      { id, level: 'warning', text, mend: 'Log in with that folder, as the user the bot runs as (docs/AUTH.md).' },
    ]
  })
}

function hasLogin(login: ModelLogin): boolean {
  if (login.kind === 'claude-key' || login.kind === 'claude-token') return true
  if (login.kind === 'claude-file') return isText(read(login.path, 'claudeAiOauth', 'accessToken'))
  const own = read(login.path, 'OPENAI_API_KEY') ?? read(login.path, 'tokens', 'access_token')
  return login.key !== null || isText(own)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

/** What stands in a JSON file, so many names down; null: it cannot be read, or there is nothing. */
function read(path: string, ...names: readonly string[]): unknown {
  try {
    let found: unknown = JSON.parse(readFileSync(path, 'utf8'))
    for (const name of names) found = (found as Readonly<Record<string, unknown>> | null)?.[name]
    return found ?? null
  } catch {
    return null
  }
}
