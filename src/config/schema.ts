import type { Shares } from '../core/admission.ts'
import { isMachineKey, isWorkerId } from '../core/machine.ts'
import type { Prices } from '../core/price.ts'
import * as z from 'zod'
import { accountsIn } from './accounts.ts'
import { isForAShell, withoutQuotes } from './spelling.ts'
import { isCompanyNetwork } from '../system/addresses.ts'

/** One variable of the configuration: what it is for, how it is read, and an example for whoever got it wrong. */
export interface Variable<Value> {
  readonly value: z.ZodType<Value, string | undefined>
  readonly example: string
  /** Its value is never printed, and is replaced wherever it would appear in the log. */
  readonly secret: boolean
}

const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Longest delay that a timer of Node takes; a longer one would fire at once. */
const longestMs = 2_147_483_647

const forAShell = { error: 'is read by no shell: write the whole path, or begin it with ~/' }

const looseSign = 'has a name or password with a % that begins no code: write a % as %25'

/** Every variable that exists so far, with the names and defaults of the seed's `.env`. */
export const variables = {
  DISCORD_BOT_TOKEN: secret(
    text()
      .transform((value) => value?.replace(/^Bot\s+/i, ''))
      .refine(isToken, {
        error:
          'is no bot token: it has blanks, curly quotes or other marks that no token has, or is still the placeholder',
      })
      .refine((value) => !/^\d+$/.test(value ?? ''), {
        error: 'is no bot token but an id: it is digits only',
      }),
    'the token from the Bot page of https://discord.com/developers/applications',
  ),
  DISCORD_GUILD_ID: open(snowflake(), '1187654321098765432'),
  OMC_OWNER_ROLE_ID: open(snowflake(), '1187654321098765433'),
  OMC_OWNER_USER_ID: open(snowflake(), '1187654321098765434'),
  OMC_DISCORD_API: open(address(), 'http://127.0.0.1:8080/api'),
  OMC_PROJECT_ROOTS: open(
    folderList('.').refine((roots) => roots.length > 0, { error: 'names no folder, so no session could begin' }),
    '~/projects,/srv/work',
  ),
  OMC_DATA_DIR: open(
    path().transform((value) => value ?? 'data'),
    'data',
  ),
  OMC_DATABASE_URL: secret(
    text()
      .refine((value) => value === null || /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? ''), {
        error: 'is no address of a PostgreSQL database',
      })
      .refine((value) => value === null || hasWholeLogin(value), { error: looseSign }),
    'OMC_DATABASE_URL=postgres://bot:password@db.example.com/orchestrator',
  ),
  OMC_WORKER_ID: open(
    text().refine((value) => value === null || isWorkerId(value), {
      error: 'must be letters, digits, - and _, at most 32',
    }),
    'w1',
  ),
  OMC_IDENTITY_WORKERS: open(machineKeys(), 'w1:<what doctor says on that machine>'),
  OMC_MAX_ACTIVE_CLIS: open(whole(1, 1000, 6), '6'),
  OMC_MAX_QUEUED_SESSIONS: open(whole(0, 10_000, 20), '20'),
  OMC_PER_USER_MAX_ACTIVE: open(whole(1, 1000, 2), '2'),
  OMC_PER_USER_MAX_QUEUED: open(whole(0, 10_000, 5), '5'),
  OMC_IDLE_CLI_MS: open(whole(1000, longestMs, 600_000), '600000'),
  OMC_MAX_TURN_MS: open(whole(1000, longestMs, 7_200_000), '7200000'),
  OMC_HEALTHZ_PORT: open(port(), '7707'),
  OMC_CLAUDE_BIN: open(path(), '/usr/local/bin/claude'),
  CLAUDE_CONFIG_DIR: open(path(), '~/.claude-bot'),
  ANTHROPIC_API_KEY: secret(text().refine(isToken, { error: 'has blanks or is still a placeholder' }), 'sk-ant-…'),
  ANTHROPIC_BASE_URL: open(address(), 'https://llm.example.com'),
  CLAUDE_CODE_OAUTH_TOKEN: secret(
    text().refine(isToken, { error: 'has blanks or is still a placeholder' }),
    'what `claude setup-token` printed',
  ),
  OMC_CLAUDE_AUTH: open(choice(['', 'api-key', 'setup-token', 'oauth'] as const, ''), 'oauth'),
  OMC_OAUTH_TOKEN_URL: open(address(), 'https://platform.claude.com/v1/oauth/token'),
  OAUTH_PROXY_URL: secret(
    proxyList(),
    'OAUTH_PROXY_URL=http://proxy.example.com:3128,http://name:password@other.example.com:8080',
  ),
  OMC_CODEX_BIN: open(path(), '/usr/local/bin/codex'),
  CODEX_HOME: open(path(), '~/.codex-bot'),
  OMC_ACCOUNTS_JSON: secret(
    accountsIn(),
    'OMC_ACCOUNTS_JSON=[{"slot":"team","runtime":"claude","env":{"ANTHROPIC_API_KEY":"sk-ant-…"},"share":true}]',
  ),
  OMC_QUEUE_STALE_MS: open(whole(1000, longestMs, 1_800_000), '1800000'),
  OMC_PRICES_JSON: open(prices(), '{"gpt-5.5":{"input":1.25,"cacheRead":0.125,"cacheWrite":1.25,"output":10}}'),
  OMC_SHARES_JSON: open(shares(), '{"1187654321098766000":3}'),
  OMC_WINDOW_RESERVE: open(whole(0, 50, 2), '2'),
  OMC_CHANNEL_OWNER_ONLY: open(flag(false), 'true'),
  OMC_CHANNEL_INCLUDE_BYSTANDERS: open(flag(false), 'true'),
  OMC_CHANNEL_HISTORY_N: open(whole(0, 100, 10), '10'),
  OMC_CHANNEL_LISTEN: open(choice(['starter', 'mention', 'all'] as const, 'starter'), 'mention'),
  OMC_APPROVAL_TIMEOUT_MS: open(whole(1000, longestMs, 600_000), '600000'),
  OMC_APPROVER_ROLE_ID: open(snowflake(), '1187654321098765436'),
  OMC_INTER_AGENT_HOP_MAX: open(whole(1, 20, 4), '4'),
  OMC_INTER_AGENT_TOKEN_BUDGET: open(whole(1, longestMs, 50_000), '50000'),
  OMC_INTER_AGENT_COOLDOWN_MS: open(whole(0, longestMs, 5_000), '5000'),
  OMC_AUDIT_CHANNEL_ID: open(snowflake(), '1187654321098765435'),
  OMC_ALERTS_CHANNEL_ID: open(snowflake(), '1187654321098765436'),
  OMC_TRUSTED_ROOTS: open(folderList(), '~/projects/ours'),
  OMC_BOX: open(choice(['required', 'try', 'off'] as const, 'try'), 'required'),
  OMC_BOX_PATHS: open(folderList(), '/opt/go,~/.nvm'),
  OMC_BOX_MEMORY_MB: open(
    whole(0, 100_000_000, 0).refine((value) => value === 0 || value >= 2048, { error: 'must be 2048 at least, or 0' }),
    '8192',
  ),
  OMC_BOX_PROCESSES: open(whole(64, 1_000_000, 4096), '4096'),
  OMC_EGRESS_OWNER: open(hostList(), 'packages,docs.example.com'),
  OMC_EGRESS_MEMBER: open(hostList(), 'packages'),
  OMC_EGRESS_GUEST: open(hostList(), 'docs.example.com'),
  OMC_EGRESS_NETWORKS: open(
    list().refine((networks) => networks.every(isCompanyNetwork), {
      error: 'may name private networks only (within 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7)',
    }),
    '10.1.0.0/16',
  ),
  OMC_LOG_LEVEL: open(
    text()
      .transform((value) => value ?? 'info')
      .pipe(z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` })),
    'info',
  ),
  OMC_LOG_FILE: open(path(), 'data/logs/bot.log'),
  OMC_KEEP_RUNS: open(whole(0, 36_500, 90), '90'),
  OMC_KEEP_TRANSCRIPTS: open(whole(0, 36_500, 365), '365'),
  OMC_KEEP_ATTACHMENTS: open(whole(0, 36_500, 90), '90'),
  OMC_KEEP_COPIES: open(whole(1, 1000, 3), '3'),
  OMC_KEEP_LOGS: open(whole(1, 1000, 5), '5'),
  OMC_DEMO_PORT: open(whole(0, 65_535, 8080), '8080'),
} satisfies Record<string, Variable<unknown>>

type Variables = typeof variables
export type VariableName = keyof Variables
export type Values = { readonly [Name in VariableName]: z.output<Variables[Name]['value']> }

export const variableNames = Object.keys(variables) as readonly VariableName[]

function open<Value>(value: z.ZodType<Value, string | undefined>, example: string): Variable<Value> {
  return { value, example, secret: false }
}

function secret<Value>(value: z.ZodType<Value, string | undefined>, example: string): Variable<Value> {
  return { value, example, secret: true }
}

/** A variable that is empty counts as not set, so that `.env` may list what it does not use. */
function text(): z.ZodType<string | null, string | undefined> {
  return z
    .string()
    .optional()
    .transform((value) => withoutQuotes(value ?? '').trim() || null)
}

function snowflake(): z.ZodType<string | null, string | undefined> {
  return text().refine((value) => value === null || /^\d{5,20}$/.test(value), {
    error: 'is no Discord id: those are digits only (right click in Discord, "Copy ID", with the developer mode on)',
  })
}

function address(): z.ZodType<string | null, string | undefined> {
  return text()
    .refine((value) => value === null || /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
      error: 'is no address that begins with http:// or https://',
    })
    .transform((value) => value?.replace(/\/+$/, '') ?? null)
}

/** Whether what stands before the @, and the name of the database, can be read: a % begins a code there. */
function hasWholeLogin(address: string): boolean {
  const { username = '', password = '', pathname = '' } = URL.parse(address) ?? {}
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}

/** HTTP proxies, in the order in which they are tried. */
function proxyList(): z.ZodType<readonly string[], string | undefined> {
  const isProxy = (each: string): boolean => /^https?:$/.test(URL.parse(each)?.protocol ?? '')
  return list()
    .refine((proxies) => proxies.every(isProxy), {
      error: 'is no list of addresses that begin with http:// or https://',
    })
    .refine((proxies) => proxies.every(hasWholeLogin), { error: looseSign })
}

function whole(min: number, max: number, usual: number): z.ZodType<number, string | undefined> {
  const error = `is no whole number from ${min} to ${max}`
  return text()
    .refine((value) => value === null || /^\d+$/.test(value), { error })
    .transform((value) => (value === null ? usual : Number(value)))
    .refine((value) => value >= min && value <= max, { error })
}

function flag(usual: boolean): z.ZodType<boolean, string | undefined> {
  return text()
    .transform((value) => value?.toLowerCase() ?? String(usual))
    .refine((value) => ['true', 'false', '1', '0', 'yes', 'no'].includes(value), { error: 'is neither true nor false' })
    .transform((value) => ['true', '1', 'yes'].includes(value))
}

function choice<Value extends string>(values: readonly Value[], usual: Value): z.ZodType<Value, string | undefined> {
  return text()
    .transform((value) => value ?? usual)
    .pipe(z.enum(values, { error: `must be one of ${values.join(', ')}` }))
}

function list(usual = ''): z.ZodType<readonly string[], string | undefined> {
  return text().transform((value) =>
    (value ?? usual)
      .split(',')
      .map((each) => withoutQuotes(each).trim())
      .filter(Boolean),
  )
}

function path(): z.ZodType<string | null, string | undefined> {
  return text().refine((value) => value === null || !isForAShell(value), forAShell)
}

function folderList(usual = ''): z.ZodType<readonly string[], string | undefined> {
  return list(usual).refine((paths) => !paths.some(isForAShell), forAShell)
}

/** Hosts with or without a port, `*.example.org` for all below it, `packages` for the tools' own registries. */
function hostList(): z.ZodType<readonly string[], string | undefined> {
  return list().refine((hosts) => hosts.every((each) => /^(\*\.)?[a-z0-9_.-]+(:\d{1,5})?$/i.test(each)), {
    error: 'is no list of hosts (`host`, `host:port`, `*.example.org`) and the word `packages`',
  })
}

/** The keys of machines, by their names. */
function machineKeys(): z.ZodType<Readonly<Record<string, string>>, string | undefined> {
  return list()
    .transform((pairs) => pairs.map((each) => each.split(/[:=]/, 2) as [string, string?]))
    .refine((pairs) => pairs.every(([name, key = '']) => isWorkerId(name.trim()) && isMachineKey(key.trim())), {
      error: 'is no list of machines, each with its name, a colon and its key (43 letters, digits, - and _)',
    })
    .refine((pairs) => new Set(pairs.map(([name]) => name.trim())).size === pairs.length, {
      error: 'has a machine twice',
    })
    .transform((pairs) => Object.fromEntries(pairs.map(([name, key = '']) => [name.trim(), key.trim()])))
}

function shares(): z.ZodType<Shares, string | undefined> {
  const error = 'is no JSON object of turns (2 to 10) by the id of a person or of a role, as in the example'
  return text()
    .transform((value) => parsed(value ?? '{}'))
    .pipe(z.record(z.string().regex(/^\d{5,25}$/), z.number().int().min(1).max(10), { error }))
}

function prices(): z.ZodType<Prices, string | undefined> {
  const price = z.number().nonnegative()
  const one = z.strictObject({ input: price, cacheRead: price, cacheWrite: price, output: price })
  const error = 'is no JSON object of prices by model: dollars for a million tokens, as in the example'
  return text()
    .transform((value) => parsed(value ?? '{}'))
    .pipe(z.record(z.string(), one, { error }))
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** Null: none. Unlike elsewhere, an empty value means something here. */
function port(): z.ZodType<number | null, string | undefined> {
  const error = 'is no port from 0 (any free one) to 65535, and neither empty nor `off`'
  return z
    .string()
    .optional()
    .transform((value) => (value === undefined ? '7707' : withoutQuotes(value).trim().toLowerCase()))
    .refine((value) => ['', 'off'].includes(value) || /^\d{1,5}$/.test(value), { error })
    .transform((value) => (['', 'off'].includes(value) ? null : Number(value)))
    .refine((value) => value === null || value <= 65_535, { error })
}

function isToken(value: string | null | undefined): boolean {
  return value === null || value === undefined || (/^[\x21-\x7e]+$/.test(value) && !/^<.*>$/.test(value))
}
