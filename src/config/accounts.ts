import * as z from 'zod'
import { isForAShell, withoutQuotes } from './spelling.ts'

/** A login that the operator has named, beside the usual one of its agent. */
export interface AccountConfig {
  readonly slot: string
  readonly runtime: 'claude' | 'codex'
  /** What its CLI gets besides; folders are absolute. Nothing for `default`, the login without a name. */
  readonly env: Readonly<Record<string, string>>
  /** Sessions may be moved to it, and from it: all such accounts of an agent are one team's. */
  readonly share: boolean
}

/** What an account may set: its login, and where its model is. Anything else could turn the CLI into another program. */
const variablesOf = {
  claude: /^(ANTHROPIC_API_KEY|ANTHROPIC_BASE_URL|CLAUDE_CODE_OAUTH_TOKEN|CLAUDE_CONFIG_DIR)$/,
  codex: /^(CODEX_HOME|OPENAI_API_KEY|OPENAI_BASE_URL|[A-Z][A-Z0-9_]*_API_KEY)$/,
} as const
const loginOf = {
  claude: ['ANTHROPIC_API_KEY', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CONFIG_DIR'],
  codex: ['CODEX_HOME'],
} as const

const form = z.array(
  z.strictObject({
    slot: z.string().regex(/^[A-Za-z0-9][\w-]{0,31}$/),
    runtime: z.enum(['claude', 'codex']),
    env: z.record(z.string(), z.string().min(1)).default({}),
    share: z.boolean().default(false),
  }),
)

/** OMC_ACCOUNTS_JSON. Says what is wrong without what stands there, which may be a key. */
export function accountsIn(): z.ZodType<readonly AccountConfig[], string | undefined> {
  return z
    .string()
    .optional()
    .transform((text, context): readonly AccountConfig[] => {
      const parsed = form.safeParse(parsedJson(withoutQuotes(text ?? '').trim() || '[]'))
      const fault = parsed.success ? faultIn(parsed.data) : 'is no JSON list of accounts, as in the example'
      if (parsed.success && fault === null) return parsed.data
      context.addIssue({ code: 'custom', message: fault ?? '' })
      return z.NEVER
    })
}

function faultIn(accounts: readonly AccountConfig[]): string | null {
  const names = new Set<string>()
  for (const [at, { slot, runtime, env }] of accounts.entries()) {
    const which = `has a fault in account ${at + 1}:`
    if (names.has(`${runtime} ${slot}`)) return `${which} its slot is there twice`
    names.add(`${runtime} ${slot}`)
    if (slot === 'default' && Object.keys(env).length > 0)
      return `${which} "default" is the login without a name, which is set by variables of its own`
    const foreign = Object.keys(env).find((name) => !variablesOf[runtime].test(name))
    if (foreign !== undefined) return `${which} ${foreign.slice(0, 40)} is nothing that an account may set`
    const shells = Object.keys(env).find((name) => isFolder(name) && isForAShell(env[name] ?? ''))
    if (shells !== undefined)
      return `${which} the path of its ${shells} is read by no shell: write the whole path, or begin it with ~/`
    if (slot !== 'default' && !loginOf[runtime].some((name) => env[name] !== undefined))
      return `${which} its env needs ${loginOf[runtime].join(' or ')}`
  }
  return null
}

/**
 * What is wrong where two accounts are one login: whatever one has used up the other has, so a session would be moved in
 * vain. `usual`: what the logins without a name are set by; folders are absolute. Null: each is one of its own.
 */
export function sameLoginIn(
  accounts: readonly AccountConfig[],
  usual: Readonly<Record<AccountConfig['runtime'], AccountConfig['env']>>,
): string | null {
  const known = new Map((['claude', 'codex'] as const).map((runtime) => [keyOf(runtime, usual[runtime]), 'default']))
  for (const [at, { slot, runtime, env }] of accounts.entries()) {
    if (slot === 'default') continue
    const key = keyOf(runtime, { ...basisOf(runtime, usual), ...env })
    const other = known.get(key)
    if (other !== undefined)
      return `has a fault in account ${at + 1}: its login is that of the account "${other}". Each account needs one of its own`
    known.set(key, slot)
  }
  return null
}

/** What accounts of an agent have in common, unless they say otherwise. */
function basisOf(runtime: AccountConfig['runtime'], usual: Parameters<typeof sameLoginIn>[1]): AccountConfig['env'] {
  const { ANTHROPIC_BASE_URL: url } = usual.claude
  return runtime === 'claude' && url !== undefined ? { ANTHROPIC_BASE_URL: url } : {}
}

/** What its CLI logs in with, and where. Of several of Claude's, the first is what its CLI takes. */
function keyOf(runtime: AccountConfig['runtime'], env: AccountConfig['env']): string {
  const names = Object.keys(env).sort()
  const claude = loginOf.claude.find((name) => env[name] !== undefined)
  const meant = runtime === 'codex' ? names : names.filter((name) => name === claude || name === 'ANTHROPIC_BASE_URL')
  return JSON.stringify([runtime, ...meant.map((name) => [name, env[name]])])
}

/** An account's folders, absolute. */
export function withFolders(env: AccountConfig['env'], absolute: (path: string) => string): AccountConfig['env'] {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, isFolder(name) ? absolute(value) : value]),
  )
}

function isFolder(name: string): boolean {
  return /_(DIR|HOME)$/.test(name)
}

/** The values of these accounts that nobody may see. */
export function secretsOfAccounts(accounts: readonly AccountConfig[]): readonly string[] {
  return accounts.flatMap(({ env }) =>
    Object.entries(env).flatMap(([name, value]) => (/KEY|TOKEN/.test(name) ? [value] : [])),
  )
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
