import type { Caps, Shares } from '../core/admission.ts'
import type { LetterRules } from '../core/chain.ts'
import type { Finding } from '../core/finding.ts'
import type { ChannelRules } from '../core/listening.ts'
import type { Owners } from '../core/policy.ts'
import type { Prices } from '../core/price.ts'
import type { AccountConfig } from './accounts.ts'

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
  /** OMC_DATABASE_URL; null: a file in the data folder. */
  readonly databaseUrl: string | null
  /** OMC_WORKER_ID: the name of this machine, when it is one of several; null: it has none. */
  readonly workerId: string | null
  /** OMC_IDENTITY_WORKERS: the machines that may use what people link, each with its key. */
  readonly identityWorkers: Readonly<Record<string, string>>
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
  /** The list's, and before it OMC_PRICES_JSON. */
  readonly prices: Prices
  /** OMC_SHARES_JSON */
  readonly shares: Shares
  /** OMC_WINDOW_RESERVE, as a part of the whole. */
  readonly reserve: number
  /** SPEC F2: OMC_CHANNEL_* */
  readonly channel: ChannelRules & { readonly ownerOnly: boolean }
  readonly approvals: {
    /** OMC_APPROVAL_TIMEOUT_MS */
    readonly timeoutMs: number
    /** OMC_AUDIT_CHANNEL_ID; null: none. */
    readonly auditChannel: string | null
    /** OMC_ALERTS_CHANNEL_ID; null: none. */
    readonly alertsChannel: string | null
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
    /** OMC_BOX_MEMORY_MB, OMC_BOX_PROCESSES */
    readonly limits: { readonly megabytes: number; readonly processes: number }
  }
  /** What the claude CLI of the default account gets beside the allow-list. */
  readonly accountEnv: Readonly<Record<string, string>>
  readonly renewing: {
    /** OMC_OAUTH_TOKEN_URL; null: where Claude's CLI renews its own. */
    readonly server: string | null
    /** OAUTH_PROXY_URL, in order. */
    readonly proxies: readonly string[]
  }
  /** OMC_ACCOUNTS_JSON */
  readonly accounts: readonly AccountConfig[]
  /** OMC_LOG_LEVEL */
  readonly logLevel: string
  /** OMC_LOG_FILE, OMC_KEEP_LOGS; null: the log goes to standard output. */
  readonly logFile: { readonly path: string; readonly kept: number } | null
  /** OMC_KEEP_*: for how long, in milliseconds; null: for ever. */
  readonly keep: {
    readonly wordsMs: number | null
    readonly transcriptsMs: number | null
    readonly attachmentsMs: number | null
    readonly copies: number
  }
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
