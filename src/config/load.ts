import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { PlaceId } from '../core/ids.ts'
import { Problem } from '../core/failure.ts'
import { realPath } from '../system/real-path.ts'
import { sameLoginIn, secretsOfAccounts, withFolders } from './accounts.ts'
import type { Config } from './config.ts'
import { textOfDotEnv } from './dot-env.ts'
import { doubtAboutDemo, isOpenToOthers, noticesOf, silentLinesOf, type DotEnv } from './notices.ts'
import { listPrices } from './prices.ts'
import { variableNames, variables, type VariableName, type Values } from './schema.ts'

export interface Surroundings {
  /** The environment; what it sets wins over `.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder the bot was started in: `.env` is read here, and relative paths begin here. */
  readonly folder: string
  readonly home: string
}

/** A login of its own, so that the `claude /login` of the person on the same machine does not touch the bot's. */
const usualClaudeFolder = '~/.claude-bot'
const usualCodexFolder = '~/.codex-bot'

/**
 * Reads the configuration. Throws one `refused` problem that lists every wrong variable with its fault and an example;
 * the value of a secret is never in it.
 */
export function loadConfig(around: Surroundings): Config {
  const dotEnv = readDotEnv(around.folder)
  const env = { ...dotEnv.values, ...around.env }
  const { values, faults } = parseAll(env)
  const folders = foldersOf(values, around)
  const logins = [
    ['CLAUDE_CONFIG_DIR', 'claude', folders.claude],
    ['CODEX_HOME', 'codex', folders.codex],
  ] as const
  for (const [name, cli, folder] of logins) {
    const fault = faultOfLogin(cli, folder, around.home)
    if (fault !== null) faults.push(describe(name, env[name], fault))
  }
  const named: readonly Readonly<Record<string, string | undefined>>[] = folders.accounts.map(({ env: own }) => own)
  for (const { CLAUDE_CONFIG_DIR, CODEX_HOME } of named) {
    const fault =
      (CLAUDE_CONFIG_DIR === undefined ? null : faultOfLogin('claude', CLAUDE_CONFIG_DIR, around.home)) ??
      (CODEX_HOME === undefined ? null : faultOfLogin('codex', CODEX_HOME, around.home))
    if (fault !== null) faults.push(describe('OMC_ACCOUNTS_JSON', undefined, `names a folder that ${fault}`))
  }
  const claude = accountEnvOf(values, folders.claude)
  const twins = sameLoginIn(folders.accounts, { claude, codex: { CODEX_HOME: folders.codex } })
  if (twins !== null) faults.push(describe('OMC_ACCOUNTS_JSON', undefined, twins))
  const missing = missingFor(values)
  if (missing !== null)
    faults.push(describe('OMC_CLAUDE_AUTH', env['OMC_CLAUDE_AUTH'], `needs ${missing}, which is not set`))
  if (faults.length > 0) throw new Problem('refused', complaint(faults))
  return {
    discordToken: values.DISCORD_BOT_TOKEN ?? null,
    discordGuild: values.DISCORD_GUILD_ID,
    discordApi: values.OMC_DISCORD_API,
    owners: { role: values.OMC_OWNER_ROLE_ID, user: values.OMC_OWNER_USER_ID },
    projectRoots: folders.roots,
    dataFolder: folders.data,
    databaseUrl: values.OMC_DATABASE_URL,
    workerId: values.OMC_WORKER_ID,
    identityWorkers: values.OMC_IDENTITY_WORKERS,
    caps: {
      active: values.OMC_MAX_ACTIVE_CLIS,
      waiting: values.OMC_MAX_QUEUED_SESSIONS,
      personActive: values.OMC_PER_USER_MAX_ACTIVE,
      personWaiting: values.OMC_PER_USER_MAX_QUEUED,
    },
    idleCliMs: values.OMC_IDLE_CLI_MS,
    maxTurnMs: values.OMC_MAX_TURN_MS,
    healthPort: values.OMC_HEALTHZ_PORT,
    claudeBinary: folders.claudeBinary,
    codexBinary: folders.codexBinary,
    codexHome: folders.codex,
    queueStaleMs: values.OMC_QUEUE_STALE_MS,
    egress: {
      hosts: { owner: values.OMC_EGRESS_OWNER, member: values.OMC_EGRESS_MEMBER, guest: values.OMC_EGRESS_GUEST },
      networks: values.OMC_EGRESS_NETWORKS,
    },
    prices: { ...listPrices, ...values.OMC_PRICES_JSON },
    shares: values.OMC_SHARES_JSON,
    reserve: values.OMC_WINDOW_RESERVE / 100,
    channel: {
      ownerOnly: values.OMC_CHANNEL_OWNER_ONLY,
      includeBystanders: values.OMC_CHANNEL_INCLUDE_BYSTANDERS,
      history: values.OMC_CHANNEL_HISTORY_N,
      listen: values.OMC_CHANNEL_LISTEN,
    },
    approvals: {
      timeoutMs: values.OMC_APPROVAL_TIMEOUT_MS,
      auditChannel: values.OMC_AUDIT_CHANNEL_ID,
      alertsChannel: values.OMC_ALERTS_CHANNEL_ID,
    },
    letterRules: {
      hops: values.OMC_INTER_AGENT_HOP_MAX,
      tokens: values.OMC_INTER_AGENT_TOKEN_BUDGET,
      cooldownMs: values.OMC_INTER_AGENT_COOLDOWN_MS,
      consentMs: values.OMC_APPROVAL_TIMEOUT_MS,
      approverRole: values.OMC_APPROVER_ROLE_ID,
      auditChannel: values.OMC_AUDIT_CHANNEL_ID as PlaceId | null,
    },
    trustedRoots: folders.trusted,
    box: {
      wanted: values.OMC_BOX,
      paths: folders.shared,
      limits: { megabytes: values.OMC_BOX_MEMORY_MB, processes: values.OMC_BOX_PROCESSES },
    },
    accountEnv: claude,
    renewing: { server: values.OMC_OAUTH_TOKEN_URL, proxies: values.OAUTH_PROXY_URL },
    accounts: folders.accounts,
    keep: {
      wordsMs: daysOf(values.OMC_KEEP_RUNS),
      transcriptsMs: daysOf(values.OMC_KEEP_TRANSCRIPTS),
      attachmentsMs: daysOf(values.OMC_KEEP_ATTACHMENTS),
      copies: values.OMC_KEEP_COPIES,
    },
    logLevel: values.OMC_LOG_LEVEL,
    logFile: folders.logFile === null ? null : { path: folders.logFile, kept: values.OMC_KEEP_LOGS },
    home: around.home,
    secrets: [
      ...secretsOf(values),
      ...secretsOfAccounts(values.OMC_ACCOUNTS_JSON),
      ...values.OAUTH_PROXY_URL.flatMap(passwordIn),
      ...passwordIn(values.OMC_DATABASE_URL ?? ''),
    ],
    notices: noticesOf(values, env, dotEnv),
    demoPort: values.OMC_DEMO_PORT,
    demoDoubt: doubtAboutDemo(env, dotEnv.values),
    loginFiles: [{ CLAUDE_CONFIG_DIR: folders.claude, CODEX_HOME: folders.codex }, ...named].flatMap((env) => [
      ...(env['CLAUDE_CONFIG_DIR'] === undefined ? [] : [join(env['CLAUDE_CONFIG_DIR'], '.credentials.json')]),
      ...(env['CODEX_HOME'] === undefined ? [] : [join(env['CODEX_HOME'], 'auth.json')]),
    ]),
  }
}

/** 0 days are for ever. */
function daysOf(days: number): number | null {
  return days === 0 ? null : days * 86_400_000
}

function readDotEnv(folder: string): DotEnv {
  const path = join(folder, '.env')
  const text = textOfDotEnv(path)
  if (text === null) return { path, values: {}, silentLines: [], isOpen: false }
  return { path, values: parseEnv(text), silentLines: silentLinesOf(text), isOpen: isOpenToOthers(path) }
}

function parseAll(env: Surroundings['env']): { values: Values; faults: string[] } {
  const faults: string[] = []
  const values: Partial<Record<VariableName, unknown>> = {}
  for (const name of variableNames) {
    const parsed = variables[name].value.safeParse(env[name])
    if (parsed.success) values[name] = parsed.data
    else {
      faults.push(describe(name, env[name], parsed.error.issues[0]?.message ?? 'is not valid'))
      // The default, so that the other variables can still be looked at; nothing of it gets out.
      values[name] = variables[name].value.parse(undefined)
    }
  }
  return { values: values as Values, faults }
}

function describe(name: VariableName, value: string | undefined, fault: string): string {
  const { secret, example } = variables[name]
  const said = secret || value === undefined ? 'its value' : JSON.stringify(value.slice(0, 100))
  return `  ${name}: ${said} ${fault}.\n    Example: ${secret ? example : `${name}=${example}`}`
}

function complaint(faults: readonly string[]): string {
  const many = faults.length === 1 ? 'One setting is wrong' : `${faults.length} settings are wrong`
  return `${many}. Correct it in .env or in the environment, and start again.\n${faults.join('\n')}`
}

function foldersOf(values: Values, { folder, home }: Surroundings) {
  const absolute = (path: string): string =>
    path === '~' || path.startsWith('~/') ? resolve(home, `.${path.slice(1)}`) : resolve(folder, path)
  // A bare name is looked for on the PATH, like the shell does.
  const program = (name: string | null): string | null => (name?.includes('/') ? absolute(name) : name)
  return {
    roots: [...new Set(values.OMC_PROJECT_ROOTS.map(absolute))],
    data: absolute(values.OMC_DATA_DIR),
    claude: absolute(values.CLAUDE_CONFIG_DIR ?? usualClaudeFolder),
    codex: absolute(values.CODEX_HOME ?? usualCodexFolder),
    trusted: values.OMC_TRUSTED_ROOTS.map(absolute),
    shared: values.OMC_BOX_PATHS.map(absolute),
    accounts: values.OMC_ACCOUNTS_JSON.map((account) => ({ ...account, env: withFolders(account.env, absolute) })),
    logFile: values.OMC_LOG_FILE === null ? null : absolute(values.OMC_LOG_FILE),
    claudeBinary: program(values.OMC_CLAUDE_BIN),
    codexBinary: program(values.OMC_CODEX_BIN),
  }
}

/** What Claude's login without a name is set by. */
function accountEnvOf(values: Values, folder: string): Readonly<Record<string, string>> {
  const auth = values.OMC_CLAUDE_AUTH
  const account: Record<string, string | null> = {
    CLAUDE_CONFIG_DIR: folder,
    ANTHROPIC_API_KEY: auth === '' || auth === 'api-key' ? values.ANTHROPIC_API_KEY : null,
    ANTHROPIC_BASE_URL: values.ANTHROPIC_BASE_URL,
    CLAUDE_CODE_OAUTH_TOKEN: auth === '' || auth === 'setup-token' ? values.CLAUDE_CODE_OAUTH_TOKEN : null,
  }
  return Object.fromEntries(Object.entries(account).filter((each): each is [string, string] => each[1] !== null))
}

/** The person's own login is refused, by whatever way it is written. */
function faultOfLogin(cli: 'claude' | 'codex', folder: string, home: string): string | null {
  const theirs = join(home, `.${cli}`)
  if (folder !== theirs && realPath(folder) !== realPath(theirs)) return null
  return (
    `is the ${cli} login of the person on this machine, which the bot must not share: one's renewed token makes ` +
    "the other's invalid"
  )
}

/** The variable that the chosen way of logging in needs; null: it is there. */
function missingFor(values: Values): VariableName | null {
  const { OMC_CLAUDE_AUTH: auth, ANTHROPIC_API_KEY: key, CLAUDE_CODE_OAUTH_TOKEN: token } = values
  if (auth === 'api-key' && key === null) return 'ANTHROPIC_API_KEY'
  return auth === 'setup-token' && token === null ? 'CLAUDE_CODE_OAUTH_TOKEN' : null
}

/** The password of an address by itself, as it is written there and as it is. */
function passwordIn(address: string): readonly string[] {
  const password = URL.parse(address)?.password ?? ''
  return password === '' ? [] : [...new Set([password, decodeURIComponent(password)])]
}

function secretsOf(values: Values): readonly string[] {
  const secret = variableNames.filter((name) => variables[name].secret).map((name): unknown => values[name])
  return secret.filter((value) => typeof value === 'string')
}
