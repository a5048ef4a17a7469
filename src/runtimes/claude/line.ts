import type { Tokens } from '../../core/spending.ts'
import type { TokenCounts } from '../engine/count.ts'
import type { CliNotice } from '../../core/event.ts'
import type { ServiceTrouble } from '../../core/failure.ts'
import type { JsonObject } from '../engine/json.ts'

/**
 * What the Claude CLI writes on its stdout with `--output-format stream-json`, as far as we read it. Tolerant: types,
 * subtypes and fields it does not know are `other` or left out, and nothing here throws. Shapes were seen in the CLI
 * itself (test/golden/claude); there is no published schema.
 */
export type ClaudeLine =
  | {
      readonly is: 'init'
      readonly session: string
      readonly keySource: string
      readonly mode: string
      /** Whether our server is there without a tool of ours. */
      readonly lacksOurs: boolean
    }
  | { readonly is: 'message'; readonly id: string; readonly model: string; readonly tokens: Tokens }
  /** The message that streams is counted by the CLI; `tokens`: all of it. */
  | { readonly is: 'counted'; readonly tokens: Tokens }
  | { readonly is: 'delta'; readonly index: number; readonly text: string }
  | {
      readonly is: 'assistant'
      readonly message: string
      /** From a sub-agent. */
      readonly nested: boolean
      /** The kind of failure that this line is instead of an answer. */
      readonly error: string | null
      readonly blocks: readonly AssistantBlock[]
    }
  | { readonly is: 'tool-results'; readonly results: readonly { readonly tool: string; readonly failed: boolean }[] }
  | { readonly is: 'replay'; readonly uuid: string }
  | {
      readonly is: 'asked'
      readonly request: string
      readonly tool: string
      readonly toolUse: string
      readonly input: JsonObject
      /** The path at which the CLI stopped; empty: none. */
      readonly blockedPath: string
      /** Which kind of rule made it ask, e.g. `mode`, `workingDir`, `safetyCheck`; may be empty. */
      readonly reason: string
    }
  /** An MCP server wants a form filled in. */
  | {
      readonly is: 'elicited'
      readonly request: string
      readonly server: string
      readonly message: string
      /** Null: it wants something else than a form. */
      readonly schema: JsonObject | null
    }
  /** A message to an MCP server of ours. */
  | { readonly is: 'mcp'; readonly request: string; readonly server: string; readonly message: JsonObject }
  /** It stands still before a tool, because it was told to. */
  | { readonly is: 'point'; readonly request: string; readonly toolUse: string }
  /** A request that we do not know. */
  | { readonly is: 'request'; readonly request: string; readonly subtype: string }
  | { readonly is: 'unasked'; readonly request: string }
  /** An answer to a request of ours, or the echo of an answer of ours (then `behavior` says which). */
  | {
      readonly is: 'response'
      readonly request: string
      readonly cancelled: boolean | null
      readonly behavior: string | null
      /** What the process has used so far, where it was asked for that. */
      readonly models: TokenCounts | null
    }
  /** The CLI asks the model's service again. */
  | { readonly is: 'retry'; readonly error: string; readonly status: number | null; readonly why: ServiceTrouble }
  /** Something that it says of itself to people. */
  | { readonly is: 'notice'; readonly notice: CliNotice }
  | LimitLine
  /** A background task has ended; an `init` right behind it begins a turn nobody asked for. */
  | { readonly is: 'task-notice' }
  | { readonly is: 'mode'; readonly mode: string }
  | ResultLine
  | { readonly is: 'other' }

/** What the service said of the login's quota, told when it changes. */
export interface LimitLine {
  readonly is: 'limit'
  readonly status: string
  /** `five_hour`, `seven_day_opus`, …; null: the refusal is about no quota. */
  readonly window: string | null
  readonly resetsAt: number | null
  readonly used: number | null
  /** Served beyond the quota, for money. */
  readonly paid: boolean
  readonly overage: { readonly status: string; readonly resetsAt: number | null }
  /** Why nothing is served beyond the quota, or at all. */
  readonly reason: string
}

export interface ResultLine {
  readonly is: 'result'
  /** Of a turn that the CLI began by itself. */
  readonly unsolicited: boolean
  readonly isError: boolean
  readonly subtype: string
  readonly terminalReason: string
  readonly status: number | null
  readonly text: string
  readonly errors: readonly string[]
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the whole process so far. */
  readonly totalCostUsd: number | null
  readonly models: TokenCounts
}

export type AssistantBlock =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'tool'; readonly id: string; readonly name: string; readonly input: JsonObject }
  | { readonly is: 'other' }
