import type { Outcome, Usage } from '../../core/event.ts'
import type { Trouble } from '../../core/failure.ts'
import { serviceTrouble } from './system.ts'
import { refusalOf } from './limit.ts'
import type { LimitLine, ResultLine } from './line.ts'

/** What the CLI had said of a failure before the turn's end. */
export interface Hints {
  /** The last `assistant.error`. */
  readonly error: string | null
  /** The last line about the login's quota in this turn. */
  readonly limit: LimitLine | null
}

/**
 * How a turn ended. Never by `subtype` alone: failures of the API come as `success` with `is_error`
 * (facts/claude-cli.md section 5). `costUsd` is that of this turn.
 */
export function outcomeOf(line: ResultLine, hints: Hints, costUsd: number | null): Outcome {
  const usage: Usage = { inputTokens: line.inputTokens, outputTokens: line.outputTokens, costUsd }
  if (!line.isError) return { kind: 'done', usage }
  if (line.terminalReason.startsWith('aborted')) return { kind: 'stopped', usage }
  return { kind: 'failed', trouble: troubleOf(line, hints), usage }
}

/** A refused key, told at the CLI's first retry already. */
export function authFailure(status: number | null): Outcome {
  const detail = `the key was refused (HTTP ${status ?? 'unknown'})`
  const usage: Usage = { inputTokens: 0, outputTokens: 0, costUsd: null }
  return { kind: 'failed', trouble: { code: 'auth-failed', detail }, usage }
}

/** The CLI found nothing to resume; it ends by itself. */
export function isConversationGone(line: ResultLine): boolean {
  return line.errors.some((error) => error.startsWith('No conversation found'))
}

interface Failure {
  readonly detail: string
  readonly status: number | null
  readonly error: string
  readonly limit: LimitLine | null
}

/** What a failure becomes, or in words where else that is said. */
type Row = ((failure: Failure) => Trouble) | string

const full: Row = ({ detail }) => ({ code: 'context-full', detail })
const ended: Row = ({ detail }) => ({ code: 'turn-limit', detail })
const byError = 'by the error'

/** Why a turn is over (`terminal_reason`): every one that the tested version knows has a row (test/golden/claude). */
export const reasonRows: Readonly<Record<string, Row>> = {
  prompt_too_long: full,
  blocking_limit: full,
  rapid_refill_breaker: full,
  image_error: ({ detail }) => ({ code: 'too-large', detail }),
  max_turns: ended,
  stop_hook_prevented: ended,
  hook_stopped: ended,
  model_error: byError,
  completed: byError,
  tool_deferred: byError,
  background_requested: byError,
  aborted_streaming: 'stopped, and no failure',
  aborted_tools: 'stopped, and no failure',
}

/** The same for `result.subtype`. */
export const subtypeRows: Readonly<Record<string, Row>> = {
  success: byError,
  error_during_execution: byError,
  error_max_turns: ended,
  error_max_budget_usd: ended,
  error_max_structured_output_retries: ended,
}

/** The same for `assistant.error`. */
export const errorRows: Readonly<Record<string, Row>> = {
  authentication_failed: ({ detail }) => ({ code: 'auth-failed', detail }),
  oauth_org_not_allowed: ({ detail }) => ({ code: 'auth-failed', detail }),
  billing_error: ({ detail }) => ({ code: 'quota-ended', detail }),
  rate_limit: (failure) => {
    const refusal = refusalOf(failure.detail, failure.limit)
    // No quota, and nothing that a person could do: the service wants fewer requests for a while.
    return refusal.code === 'rate-limited' ? busy(failure) : refusal
  },
  overloaded: busy,
  server_error: busy,
  model_not_found: ({ detail }) => ({ code: 'model-unknown', detail }),
  invalid_request: (failure) => {
    const { detail, status } = failure
    if (/prompt is too long|context (?:window|length)/i.test(detail)) return { code: 'context-full', detail }
    if (status === 413 || /too large/i.test(detail)) return { code: 'too-large', detail }
    if (/unable to respond|usage policy/i.test(detail)) return { code: 'model-declined', detail }
    return { code: 'model-failed', detail, status }
  },
  max_output_tokens: ended,
  unknown: byStatus,
}

function busy({ detail, status, error }: Failure): Trouble {
  const isOverloaded = /\b529\b|overloaded/i.test(detail)
  const known = status ?? Number(/^API Error: (5\d\d)\b/.exec(detail)?.[1] ?? Number.NaN)
  const why = isOverloaded ? 'overloaded' : serviceTrouble(error, Number.isNaN(known) ? null : known)
  return { code: 'service-busy', detail, why }
}

/** An answer that the service breaks off in the middle has no status and no word of the CLI's own: only its sentence. */
const brokenOff = /^(?:.*\n)*API Error: (?!.*(?:maximum|unable to respond))/i

function byStatus(failure: Failure): Trouble {
  const { detail, status } = failure
  if (status === null && brokenOff.test(detail)) {
    const why = /overloaded/i.test(detail) ? 'overloaded' : /\blimit/i.test(detail) ? 'slower' : 'failing'
    return { code: 'service-busy', detail, why }
  }
  const isBusy = status !== null && (status >= 500 || status === 408)
  return isBusy ? busy(failure) : { code: 'model-failed', detail, status }
}

function troubleOf(line: ResultLine, hints: Hints): Trouble {
  const detail = line.text === '' ? line.errors.join('; ') || line.subtype : line.text
  if (isConversationGone(line)) return { code: 'conversation-gone', detail }
  const error = hints.error ?? (line.status === 429 ? 'rate_limit' : 'unknown')
  const failure = { detail, status: line.status, error, limit: hints.limit }
  const rows = [reasonRows[line.terminalReason], subtypeRows[line.subtype], errorRows[error]]
  const found = rows.find((row) => typeof row === 'function')
  return typeof found === 'function' ? found(failure) : byStatus(failure)
}
