import { mkdirSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import type { AccountId, RuntimeName } from '../core/ids.ts'
import type { Runtime } from '../core/runtime.ts'
import { claude } from './claude/claude.ts'
import { CodexRuntime } from './codex/codex.ts'
import { echo } from './echo/echo.ts'
import { environmentFor, type Environment } from './environment.ts'
import { SpooledRuntime, type SpooledOptions } from './spooled.ts'

export interface RuntimesOptions extends SpooledOptions {
  /** The bot's own environment; only what is allow-listed gets to the agents. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What an account's CLI gets beside that: a key, a config folder, a base URL. Empty for an unknown account. */
  accountEnvironment(runtime: RuntimeName, account: AccountId): Environment
  /** OMC_CLAUDE_BIN: path of the Claude CLI; null: `claude` from the PATH. */
  readonly claudeBinary: string | null
  /** OMC_CODEX_BIN: path of the Codex CLI; null: `codex` from the PATH. */
  readonly codexBinary: string | null
  /** Absolute paths that no agent's tools may open: the bot's `.env`, its database. The spools are always among them. */
  readonly denied: readonly string[]
  /** Folders below those that agents work in or read from all the same; they need not exist. */
  readonly open: readonly string[]
}

/** Every agent CLI we can lead. A new one is a folder and a line here. */
export function runtimes(options: RuntimesOptions): readonly Runtime[] {
  const { dataDir, ids, environment, claudeBinary, codexBinary } = options
  const own = ['spools', 'echo'].map((name) => join(dataDir, name))
  // There from the beginning: a process is told what is closed to it when it starts.
  for (const folder of own) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const denied = [...own, ...options.denied]
  const environmentOf = (runtime: RuntimeName, account: AccountId): Environment =>
    environmentFor(environment, options.accountEnvironment(runtime, account))
  return [
    new SpooledRuntime(
      claude({
        ids,
        binary: claudeBinary,
        denied,
        environmentOf: (account) => environmentOf('claude' as RuntimeName, account),
      }),
      options,
    ),
    new CodexRuntime({
      ...options,
      binary: codexBinary,
      denied,
      environmentOf: (account) => environmentOf('codex' as RuntimeName, account),
    }),
    new SpooledRuntime(echo({ dataDir, ids, environment: environmentFor(environment, compiled()) }), options),
  ]
}

/** The echo agent is our own program: what the bot keeps compiled makes its start three times as fast. */
function compiled(): Environment {
  const folder = getCompileCacheDir()
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}
