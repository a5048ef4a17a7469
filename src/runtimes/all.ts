import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from '../core/command-line.ts'
import type { AccountSlot } from '../core/account.ts'
import type { AgentBoxes } from '../core/agent-box.ts'
import type { Egress, ModelLogin } from '../core/egress.ts'
import type { AccountId, RuntimeName } from '../core/ids.ts'
import type { Runtime } from '../core/runtime.ts'
import type { ToolOffer } from '../core/tool.ts'
import { claudeKind } from './claude/claude.ts'
import { codexKind } from './codex/codex.ts'
import { echoKind } from './echo/echo.ts'
import { Boxing } from './engine/boxing.ts'
import type { RuntimeKind } from './engine/kind.ts'
import type { RuntimeEngineOptions } from './engine/options.ts'
import { Signing } from './engine/signing.ts'
import { environmentFor } from './environment.ts'

/** Every agent CLI we can lead. A new one is a folder and a line here. */
export const kinds: readonly RuntimeKind[] = [claudeKind, codexKind, echoKind]

export interface RuntimesOptions extends RuntimeEngineOptions {
  /** The bot's own environment; only what is allow-listed gets to the agents. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What an account's CLI gets beside that: a key, a config folder, a base URL. Empty for an unknown account. */
  accountEnvironment(runtime: RuntimeName, account: AccountId): Environment
  /** The accounts beside the usual one of each runtime; left out: none. */
  readonly accounts?: readonly Pick<AccountSlot, 'runtime' | 'account'>[]
  /** The tools of ours that agents are offered; asked for when a process is told. */
  tools(): readonly ToolOffer[]
  /** Paths of the CLIs' programs (OMC_CLAUDE_BIN, OMC_CODEX_BIN), by runtime; one that is missing is on the PATH. */
  readonly binaries: Readonly<Record<string, string | null>>
  /** Absolute paths that no agent's tools may open: the bot's `.env`, its database. The spools are always among them. */
  readonly denied: readonly string[]
  /** Folders below those that agents work in or read from all the same; they need not exist. */
  readonly open: readonly string[]
  /** Null: nothing is boxed. */
  readonly boxes: AgentBoxes | null
  /** The boxes' way out to the model; null: agents that need one are not boxed. */
  readonly egress: Egress | null
}

export function runtimes(options: RuntimesOptions): readonly Runtime[] {
  const { dataDir, ids, open, binaries } = options
  const own = ['spools', 'echo'].map((name) => join(dataDir, name))
  // There from the beginning: a process is told what is closed to it when it starts.
  for (const folder of own) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const denied = [...new Set([...own, ...options.denied, ...loginsIn(options)])]
  return kinds.map((kind) => {
    const environmentOf = (account: AccountId): Environment => environmentOfKind(options, kind, account)
    const binary = binaries[kind.name] ?? null
    const boxing = boxingFor(kind, options)
    const signing = new Signing(boxing, open[0] ?? dataDir)
    return kind.make(
      { dataDir, ids, tools: () => options.tools(), binary, environmentOf, denied, open, boxing, signing },
      options,
    )
  })
}

function boxingFor({ modelLogin }: RuntimeKind, { boxes, egress }: RuntimesOptions): Boxing | null {
  const needsModel = modelLogin !== null
  if (boxes === null || !boxes.level().boxed || (needsModel && egress === null)) return null
  return new Boxing(boxes, egress)
}

/**
 * What holds logins on this machine: those of every runtime, in its own folder of the bot as well as in the operator's,
 * and what other programs keep at home. One list for all of them: a runtime that nobody thought of closes its own.
 */
export function loginsIn(options: LoginOptions): readonly string[] {
  const home = options.environment['HOME'] ?? homedir()
  const others = ['.ssh', '.netrc', '.config/gh'].map((name) => join(home, name))
  const own = kinds.flatMap((kind) =>
    accountsOf(options, kind).flatMap((account) => kind.logins(environmentOfKind(options, kind, account))),
  )
  return [...new Set([...own, ...others])]
}

/** The logins that the boxes' way out puts in, by `runtime:account`: of every runtime whose agents ask a model. */
export function modelLogins(options: LoginOptions): Readonly<Record<string, ModelLogin>> {
  return Object.fromEntries(
    kinds.flatMap((kind) =>
      accountsOf(options, kind).flatMap((account) => {
        const login = kind.modelLogin?.(environmentOfKind(options, kind, account))
        return login === undefined ? [] : [[`${kind.name}:${account}`, login]]
      }),
    ),
  )
}

type LoginOptions = Pick<RuntimesOptions, 'environment' | 'accountEnvironment' | 'accounts'>

function accountsOf({ accounts = [] }: LoginOptions, { name }: RuntimeKind): readonly AccountId[] {
  const named = accounts.filter(({ runtime }) => runtime === name).map(({ account }) => account)
  return [...new Set(['default' as AccountId, ...named])]
}

function environmentOfKind(
  { environment, accountEnvironment }: Pick<RuntimesOptions, 'environment' | 'accountEnvironment'>,
  { name }: RuntimeKind,
  account: AccountId,
): Environment {
  return environmentFor(environment, accountEnvironment(name, account))
}
