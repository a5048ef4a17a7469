import type { Hold, QuotaReading } from './quota.ts'
import type { Action } from './action.ts'
import type { Approval, Decision } from './approval.ts'
import type { Attachment } from './attachment.ts'
import type { EpochMs } from './clock.ts'
import type { Refusal, ServiceTrouble, Trouble } from './failure.ts'
import type { AccountId, ApprovalId, BudgetId, PromptKey, RunId, Seq, ToolCallId } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Prompt } from './prompt.ts'
import type { Conversation } from './session.ts'
import type { Spend } from './spending.ts'
import type { ToolCall } from './tool-call.ts'

/**
 * The only thing ever written about a run. State, view, metrics and page are folds over these.
 *
 *     asked ─ (reworded promoted)* ─ admitted ─ started ─ said* acted* metered* used* steered* (wanted answered|withdrawn)* (called told|revoked)* ─ finished
 *
 * `refused` instead of `admitted`; `stopped` before the last event when somebody pressed Stop; `lost` when the
 * process went away and the prompt waits for another attempt (then `admitted` and `started` come again);
 * `forgotten` the same, when it was the conversation that was gone or full; `parked` the same, when its account's quota was used
 * up, a budget was, or the model's service in trouble: then the next attempt goes on where this one was stopped. `noticed` may
 * come whenever a CLI is at work.
 *
 * `stopped`, `answered`, `steered`, `told` and `held` are intents: whoever may writes them, and whoever conducts the run reads them
 * there and acts.
 */
export type RunEvent =
  | { readonly type: 'asked'; readonly prompt: Prompt }
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | { readonly type: 'admitted'; readonly account: AccountId }
  | {
      readonly type: 'started'
      /** The CLI's process (for Codex: its server). */
      readonly pid: number
      /** True when the process had been running already. */
      readonly warm: boolean
      readonly conversation: Conversation | null
    }
  | {
      /** A piece of text of the answer. Pieces of one block append; `whole` replaces the block and completes it. */
      readonly type: 'said'
      readonly block: string
      readonly text: string
      readonly whole: boolean
    }
  | { readonly type: 'acted'; readonly action: Action; readonly phase: 'begun' | 'done' | 'failed' }
  /** The CLI said something of its account. */
  | { readonly type: 'metered'; readonly reading: QuotaReading }
  /** Tokens were used, since the last of these. All of them together are what the run used, or as much as is known. */
  | { readonly type: 'used'; readonly spend: Spend }
  | { readonly type: 'wanted'; readonly approval: Approval }
  | {
      readonly type: 'answered'
      readonly approval: ApprovalId
      readonly decision: Decision
      /** Name of the person; null: nobody was asked, a rule answered. */
      readonly by: string | null
    }
  /** The CLI took a question back: nobody needs to answer it any more. */
  | { readonly type: 'withdrawn'; readonly approval: ApprovalId }
  /** The agent calls a tool of ours. */
  | { readonly type: 'called'; readonly call: ToolCall }
  /**
   * What it is told, kept together with what the call has changed, before the CLI hears it: an intent, like an answer.
   */
  | {
      readonly type: 'told'
      readonly call: ToolCallId
      readonly text: string
      readonly failed: boolean
      /** It changed something: a later attempt of the prompt that calls the same again is told this, and does nothing. */
      readonly did: boolean
    }
  /** The CLI takes a call back that has no answer: nothing comes of it. */
  | { readonly type: 'revoked'; readonly call: ToolCallId }
  /** The message of a waiting prompt was edited. */
  | { readonly type: 'reworded'; readonly text: string; readonly attachments: readonly Attachment[] }
  /** Somebody put a waiting prompt before all that were not. */
  | { readonly type: 'promoted'; readonly by: string }
  /**
   * Somebody put a word into the running turn: written before the CLI hears it, and once more when it has. A word that
   * was `declined`, or not heard before the end, becomes a prompt of that person in that place.
   */
  | {
      readonly type: 'steered'
      readonly steer: Steer
      readonly speaker: Person
      readonly place: Place
      readonly heard: boolean
    }
  /** The CLI did not take a word. */
  | { readonly type: 'declined'; readonly steer: PromptKey }
  | {
      readonly type: 'stopped'
      /** Name of the person; null: the bot itself. */
      readonly by: string | null
    }
  /** The CLI says of itself what people should know while they wait. */
  | { readonly type: 'noticed'; readonly notice: CliNotice }
  | { readonly type: 'lost'; readonly detail: string }
  /**
   * The CLI no longer knows its conversation, or it has grown over what the model takes (`full`): it is set aside, and
   * the prompt waits for an attempt in a fresh one.
   */
  | { readonly type: 'forgotten'; readonly detail: string; readonly full?: true }
  /**
   * The account's quota is used up, or the model's service is in trouble: the run goes on by itself, behind that moment.
   * `usage`: of this attempt.
   */
  | { readonly type: 'parked'; readonly hold: Hold; readonly usage: Usage }
  /** A budget is used up: an intent. The run is stopped at its next stop point and parked. */
  | { readonly type: 'held'; readonly hold: Hold }
  /** Somebody let the run exceed a budget (`raisedTo` null), or raised that for everybody until its period is over. */
  | { readonly type: 'allowed'; readonly budget: BudgetId; readonly by: string; readonly raisedTo: number | null }
  | { readonly type: 'finished'; readonly outcome: Outcome }

/** A word of a person to a turn that is at work. */
export interface Steer {
  /** The interaction or message it came by: the same one is handed over once. */
  readonly key: PromptKey
  readonly text: string
  /** Name of the person. */
  readonly by: string
}

/** What a CLI says of itself: it asks the model again, sums its conversation up, goes on with another model. */
export type CliNotice =
  | { readonly kind: 'retrying'; readonly why: ServiceTrouble }
  | { readonly kind: 'compacting' | 'compacted' }
  | { readonly kind: 'model-changed'; readonly from: string; readonly to: string }

/** How a run ended. */
export type Outcome =
  | { readonly kind: 'done'; readonly usage: Usage }
  | { readonly kind: 'stopped'; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly trouble: Trouble; readonly usage: Usage }

/** What a run cost; zeros and null where the CLI did not say. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number | null
}

export const noUsage: Usage = { inputTokens: 0, outputTokens: 0, costUsd: null }

/** Two stretches of a run together. */
export function bothUsages(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    costUsd: a.costUsd === null && b.costUsd === null ? null : (a.costUsd ?? 0) + (b.costUsd ?? 0),
  }
}

/** One line of the journal. */
export interface Entry {
  readonly run: RunId
  readonly seq: Seq
  readonly at: EpochMs
  readonly event: RunEvent
}
