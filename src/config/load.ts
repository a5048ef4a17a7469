import type { Prices } from '../core/price.ts'
import { readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Caps } from '../core/admission.ts'
import type { LetterRules } from '../core/chain.ts'
import type { PlaceId } from '../core/ids.ts'
import { messageOf, Problem } from '../core/failure.ts'
import type { Finding } from '../core/finding.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Owners } from '../core/policy.ts'
import { doubtAboutDemo, isOpenToOthers, noticesOf, silentLinesOf, type DotEnv } from './notices.ts'
import { variableNames, variables, type VariableName, type Values } from './schema.ts'

/** What the operator configured. Folders are absolute, times in milliseconds. */
export interface Config {
  /** DISCORD_BOT_TOKEN; null: none, so only the demo can run. */
  readonly discordToken: string | null
  /** DISCORD_GUILD_ID; null: commands are registered globally. */
  readonly discordGuild: string | null
  /** OMC_DISCORD_API, as @discordjs/rest takes it for `api`, without a slash at its end; null: Discord's own. */
  readonly discordApi: string | null
  readonly owners: Owners
  /** OMC_PROJECT_ROOTS, at least one; they need not exist. */
  readonly projectRoots: readonly string[]
  /** OMC_DATA_DIR; it need not exist. */
  readonly dataFolder: string
  readonly caps: Caps
  /** OMC_IDLE_CLI_MS */
  readonly idleCliMs: number
  /** OMC_MAX_TURN_MS */
  readonly maxTurnMs: number
  /** OMC_HEALTHZ_PORT; 0: any free one, null: none. */
  readonly healthPort: number | null
  /** OMC_CLAUDE_BIN; null: `claude` is looked for on the PATH. */
  readonly claudeBinary: string | null
  /** OMC_CODEX_BIN; null: `codex` is looked for on the PATH. */
  readonly codexBinary: string | null
  /** CODEX_HOME: the bot's own Codex login. */
  readonly codexHome: string
  /** OMC_QUEUE_STALE_MS */
  readonly queueStaleMs: number
  /** What boxes reach without asking. */
  readonly egress: {
    /** OMC_EGRESS_OWNER, OMC_EGRESS_MEMBER, OMC_EGRESS_GUEST, as they were written. */
    readonly hosts: Readonly<Record<'owner' | 'member' | 'guest', readonly string[]>>
    /** OMC_EGRESS_NETWORKS */
    readonly networks: readonly string[]
  }
  /** OMC_PRICES_JSON */
  readonly prices: Prices
  /** SPEC F2: OMC_CHANNEL_* */
  readonly channel: ChannelRules & { readonly ownerOnly: boolean }
  readonly approvals: {
    /** OMC_APPROVAL_TIMEOUT_MS */
    readonly timeoutMs: number
    /** OMC_AUDIT_CHANNEL_ID; null: none. */
    readonly auditChannel: string | null
  }
  /** OMC_INTER_AGENT_*, OMC_APPROVER_ROLE_ID: how agents may work with each other. */
  readonly letterRules: LetterRules
  /** OMC_TRUSTED_ROOTS: repositories under these are trusted without a word. */
  readonly trustedRoots: readonly string[]
  readonly box: {
    /** OMC_BOX */
    readonly wanted: 'required' | 'try' | 'off'
    /** OMC_BOX_PATHS: what every agent may read beside the system, toolchains above all. */
    readonly paths: readonly string[]
  }
  /** What the claude CLI of the default account gets beside the allow-list. */
  readonly accountEnv: Readonly<Record<string, string>>
  /** OMC_LOG_LEVEL */
  readonly logLevel: string
  /** The home folder of whoever runs the bot. */
  readonly home: string
  /** Values that must never be seen: the log replaces them. */
  readonly secrets: readonly string[]
  /** What the operator should know. The bot runs all the same. */
  readonly notices: readonly Finding[]
  /** OMC_DEMO_PORT */
  readonly demoPort: number
  /** Without a token: why the demo may not be what is wanted; null: it may. */
  readonly demoDoubt: string | null
  /** The bot's own logins: what is in them must never be seen either. They need not exist. */
  readonly loginFiles: readonly string[]
}

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
  if (faults.length > 0) throw new Problem('refused', complaint(faults))
  const account: Record<string, string | null> = {
    CLAUDE_CONFIG_DIR: folders.claude,
    ANTHROPIC_API_KEY: values.ANTHROPIC_API_KEY,
    ANTHROPIC_BASE_URL: values.ANTHROPIC_BASE_URL,
    CLAUDE_CODE_OAUTH_TOKEN: values.CLAUDE_CODE_OAUTH_TOKEN,
  }
  return {
    discordToken: values.DISCORD_BOT_TOKEN ?? null,
    discordGuild: values.DISCORD_GUILD_ID,
    discordApi: values.OMC_DISCORD_API,
    owners: { role: values.OMC_OWNER_ROLE_ID, user: values.OMC_OWNER_USER_ID },
    projectRoots: folders.roots,
    dataFolder: folders.data,
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
    prices: values.OMC_PRICES_JSON,
    channel: {
      ownerOnly: values.OMC_CHANNEL_OWNER_ONLY,
      includeBystanders: values.OMC_CHANNEL_INCLUDE_BYSTANDERS,
      history: values.OMC_CHANNEL_HISTORY_N,
      listen: values.OMC_CHANNEL_LISTEN,
    },
    approvals: { timeoutMs: values.OMC_APPROVAL_TIMEOUT_MS, auditChannel: values.OMC_AUDIT_CHANNEL_ID },
    letterRules: {
      hops: values.OMC_INTER_AGENT_HOP_MAX,
      tokens: values.OMC_INTER_AGENT_TOKEN_BUDGET,
      cooldownMs: values.OMC_INTER_AGENT_COOLDOWN_MS,
      consentMs: values.OMC_APPROVAL_TIMEOUT_MS,
      approverRole: values.OMC_APPROVER_ROLE_ID,
      auditChannel: values.OMC_AUDIT_CHANNEL_ID as PlaceId | null,
    },
    trustedRoots: folders.trusted,
    box: { wanted: values.OMC_BOX, paths: folders.shared },
    accountEnv: Object.fromEntries(
      Object.entries(account).filter((each): each is [string, string] => each[1] !== null),
    ),
    logLevel: values.OMC_LOG_LEVEL,
    home: around.home,
    secrets: secretsOf(values),
    notices: noticesOf(values, env, dotEnv),
    demoPort: values.OMC_DEMO_PORT,
    demoDoubt: doubtAboutDemo(env, dotEnv.values),
    loginFiles: [join(folders.claude, '.credentials.json'), join(folders.codex, 'auth.json')],
  }
}

function readDotEnv(folder: string): DotEnv {
  const path = join(folder, '.env')
  try {
    // Some editors put a mark before the first name, which would then be another name.
    const text = readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
    return { path, values: parseEnv(text), silentLines: silentLinesOf(text), isOpen: isOpenToOthers(path) }
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      return { path, values: {}, silentLines: [], isOpen: false }
    }
    throw new Problem('refused', `${path} cannot be read: ${messageOf(cause)}. Correct it or remove it.`, { cause })
  }
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
    claudeBinary: program(values.OMC_CLAUDE_BIN),
    codexBinary: program(values.OMC_CODEX_BIN),
  }
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

/** A path with symlinks resolved as far as it exists. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path))
  }
}

function secretsOf(values: Values): readonly string[] {
  const known: readonly (string | null | undefined)[] = variableNames
    .filter((name) => variables[name].secret)
    .map((name) => values[name] as string | null | undefined)
  return known.filter((value): value is string => typeof value === 'string')
}
