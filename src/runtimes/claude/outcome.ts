import type { Outcome, Usage } from '../../core/event.ts'
import type { Trouble } from '../../core/failure.ts'
import { refusalOf } from './limit.ts'
import type { LimitLine, ResultLine } from './wire.ts'

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

function troubleOf(line: ResultLine, { error, limit }: Hints): Trouble {
  const detail = line.text === '' ? line.errors.join('; ') || line.subtype : line.text
  if (isConversationGone(line)) return { code: 'conversation-gone', detail }
  if (error === 'authentication_failed') return { code: 'auth-failed', detail }
  if (error === 'rate_limit' || line.status === 429) return refusalOf(detail, limit)
  return { code: 'model-failed', detail, status: line.status }
}
