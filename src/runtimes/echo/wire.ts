import type { Action } from '../../core/action.ts'
import type { Approval, Decision } from '../../core/approval.ts'
import type { AttachedFile } from '../../core/attachment.ts'
import type { Remark } from '../../core/prompt.ts'
import type { Tokens } from '../../core/spending.ts'
import type { Quotation } from '../../core/quotation.ts'

/** The echo agent's own small dialect: one JSON object a line, both ways. */

export type ToAgent =
  | {
      readonly op: 'prompt'
      readonly uuid: string
      readonly text: string
      /** The text is another agent's, in its frame. */
      readonly letter: boolean
      readonly files: readonly AttachedFile[]
      readonly context: readonly Remark[]
      readonly quotes: readonly Quotation[]
      readonly handOver: string | null
      /** It goes on with the prompt before, where it was stopped. */
      readonly goesOn: boolean
    }
  /** A word into the turn of that prompt; the same key again is passed over. */
  | { readonly op: 'steer'; readonly uuid: string; readonly key: string; readonly text: string }
  /** Takes a prompt out of the queue, or stops it. */
  | { readonly op: 'stop'; readonly uuid: string }
  | { readonly op: 'answer'; readonly ask: string; readonly decision: Decision }
  | { readonly op: 'told'; readonly call: string; readonly text: string; readonly failed: boolean }
  /** It may go on where it stands still. */
  | { readonly op: 'go'; readonly point: string }
  | { readonly op: 'end' }

export type FromAgent =
  /** The prompt's turn begins; for a repeated prompt at once, and nothing else follows. */
  | { readonly is: 'taken'; readonly uuid: string; readonly conversation: string; readonly transcript: string }
  | { readonly is: 'text'; readonly block: string; readonly text: string }
  | { readonly is: 'block'; readonly block: string; readonly text: string }
  | { readonly is: 'tool'; readonly action: Action }
  | { readonly is: 'tool-over'; readonly id: string; readonly failed: boolean }
  | { readonly is: 'ask'; readonly approval: Approval }
  /** A call of a tool of the bot; `input`: JSON text. */
  | { readonly is: 'call'; readonly id: string; readonly tool: string; readonly input: string }
  /** The call has its answer. */
  | { readonly is: 'heard'; readonly call: string }
  /** Nobody needs to answer that any more. */
  | { readonly is: 'withdrawn'; readonly ask: string }
  | { readonly is: 'steered'; readonly key: string }
  /** `busy`: the service is in trouble; `barred`: it takes no login; `full`: the conversation is. All are failures. */
  | {
      readonly is: 'over'
      readonly uuid: string
      readonly why: 'done' | 'stopped' | 'failed' | 'busy' | 'barred' | 'full'
      readonly detail: string
    }
  | { readonly is: 'used'; readonly model: string | null; readonly tokens: Tokens; readonly costUsd: number | null }
  /** It stands still until it is let on; then `passed`. */
  | { readonly is: 'point' | 'passed'; readonly id: string }
  | { readonly is: 'compacted' }
  /** The conversation to go on with is not there; the process ends. */
  | { readonly is: 'gone'; readonly conversation: string }

/** Null for what is no line of the dialect. */
export function parseFromAgent(line: string): FromAgent | null {
  const value = parse(line)
  return value !== null && 'is' in value ? (value as FromAgent) : null
}

/** Null for what is no line of the dialect. */
export function parseToAgent(line: string): ToAgent | null {
  const value = parse(line)
  return value !== null && 'op' in value ? (value as ToAgent) : null
}

/** Both ends are ours and of one version: the shape behind the tag is taken as written. */
function parse(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}
