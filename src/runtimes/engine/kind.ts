import type { Environment } from '../../core/command-line.ts'
import type { ModelLogin } from '../../core/egress.ts'
import type { AccountId, Ids, RuntimeName } from '../../core/ids.ts'
import type { Runtime } from '../../core/runtime.ts'
import type { ToolOffer } from '../../core/tool.ts'
import type { Boxing } from './boxing.ts'
import type { RuntimeEngineOptions } from './options.ts'
import type { Signing } from './signing.ts'

/** What a kind of agent CLI says of itself. Whatever has to know all of them is a fold over the list in all.ts. */
export interface RuntimeKind {
  readonly name: RuntimeName
  /**
   * Absolute paths, files or folders, that hold its logins in such an environment, there or not: no agent's tools may
   * open them, its own included.
   */
  logins(env: Environment): readonly string[]
  /**
   * How an account's model is reached, with its login, by the process outside the boxes, which puts it in; from the
   * environment that the CLI would have without a box. Null instead of the function: its agents ask no model.
   */
  readonly modelLogin: ((env: Environment) => ModelLogin) | null
  make(means: Means, options: RuntimeEngineOptions): Runtime
}

/** What a runtime is given. */
export interface Means {
  readonly dataDir: string
  readonly ids: Ids
  /** The tools of ours that its agents are offered. */
  tools(): readonly ToolOffer[]
  /** Path of its program as the operator names it; null: it is looked for on the PATH. */
  readonly binary: string | null
  /** The whole environment of an account's CLI, the runtime's own variables apart. */
  environmentOf(account: AccountId): Environment
  /** Absolute paths that the agents' tools must not open, everybody's logins among them. */
  readonly denied: readonly string[]
  /** Folders below those in which agents work all the same, there or not. */
  readonly open: readonly string[]
  /** Null: its agents are not boxed. */
  readonly boxing: Boxing | null
  /** Variables by which git in a session knows who commits. */
  readonly signing: Signing
}
