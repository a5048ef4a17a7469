import type { Action } from './action.ts'
import type { ApprovalId } from './ids.ts'

/** A question that a run puts to a person. */
export interface Approval {
  readonly id: ApprovalId
  readonly action: Action
  /** The whole input of the tool call as JSON text, never cut. */
  readonly input: string
}

/** What was answered. A denial carries a reason, in English, for the agent. */
export type Decision = { readonly verdict: 'approve' } | { readonly verdict: 'deny'; readonly reason: string }
