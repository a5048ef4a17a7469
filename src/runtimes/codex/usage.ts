import type { RunEvent } from '../../core/event.ts'
import { noTokens, type Tokens } from '../../core/spending.ts'
import { tokensAt, usedSince, type TokenCounts } from '../engine/count.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** What the reading of a turn knows of what is used. */
export interface ThreadCounting {
  readonly thread: string | null
  readonly taken: boolean
  /**
   * By conversation: ours, and those of its sub-agents, each of which counts for itself and from nothing. A conversation
   * that does not stand here is somebody else's.
   */
  readonly told: TokenCounts
  /** That our conversation was opened with; null: it was open already, or nobody said. */
  readonly model: string | null
}

/** The count of a conversation, ours or a sub-agent's, over all processes; the same again after a call that failed. */
export function counted<State extends ThreadCounting>(
  state: State,
  thread: string,
  tokens: Tokens,
): { readonly state: State; readonly events: readonly RunEvent[] } {
  const before = state.told[thread]
  // Before the turn it is what the conversation had used already; and so is the first count of one nobody knows.
  const isFirst = before === undefined || !state.taken
  if (before === undefined && thread !== state.thread) return { state, events: [] }
  const opened = thread === state.thread ? state.model : null
  const now = { model: before?.model ?? opened, tokens, costUsd: null }
  const events = isFirst ? [] : usedSince({ [thread]: before }, { [thread]: now })
  return { state: { ...state, told: { ...state.told, [thread]: now } }, events }
}

/** From here on the count of that conversation is known, by that model. */
export function counting<State extends ThreadCounting>(state: State, thread: string, model: string | null): State {
  const before = state.told[thread]
  const now = { model: model ?? before?.model ?? null, tokens: before?.tokens ?? noTokens, costUsd: null }
  return thread === '' ? state : { ...state, told: { ...state.told, [thread]: now } }
}

/** A conversation that is begun by one of ours: a sub-agent. */
export function withChild<State extends ThreadCounting>(state: State, method: string, params: JsonObject): State {
  const item = objectAt(params['item'])
  if (stringAt(params['threadId']) in state.told && item['type'] === 'subAgentActivity') {
    const child = stringAt(item['agentThreadId'])
    return child in state.told ? state : counting(state, child, null)
  }
  const thread = objectAt(params['thread'])
  const isChild = method === 'thread/started' && stringAt(thread['parentThreadId']) in state.told
  return isChild ? counting(state, stringAt(thread['id']), stringAt(thread['model']) || null) : state
}

const names = {
  input: 'inputTokens',
  cacheRead: 'cachedInputTokens',
  cacheWrite: 'cacheWriteInputTokens',
  output: 'outputTokens',
} as const

/**
 * `inputTokens` holds those from the cache; those that were written to it stand in it as well. Null: something of it cannot
 * be true.
 */
export function tokensOf(total: JsonObject): Tokens | null {
  const tokens = tokensAt(total, names)
  if (tokens === null) return null
  return { ...tokens, input: Math.max(0, tokens.input - tokens.cacheRead - tokens.cacheWrite) }
}
