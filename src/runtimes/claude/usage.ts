import type { RunEvent } from '../../core/event.ts'
import type { Tokens } from '../../core/spending.ts'
import { usedSince, type TokenCounts } from '../engine/count.ts'
import { requestLine } from './request.ts'

/** What the reading of a turn knows of what is used. */
export interface Counting {
  readonly uuid: string
  /** What the process has used, as far as it was told in events; null: nobody knows where it began. */
  readonly told: TokenCounts | null
  /** The call that streams, until the CLI counts it. */
  readonly uncounted: { readonly id: string; readonly model: string; readonly tokens: Tokens } | null
  /** How often it was asked what it has used. */
  readonly looks: number
  readonly owed: ReadonlyMap<string, string>
}

const lookMark = 'usage:'

/**
 * Asks the CLI what its process has used, after a tool: nothing else counts a sub-agent's calls before the turn is over.
 * One question at a time; it is answered from memory, while tools and approvals go on.
 */
export function looking<State extends Counting>(state: State): State {
  if ([...state.owed.keys()].some(isLook)) return state
  const id = `${lookMark}${state.uuid}:${state.looks + 1}`
  const owed = new Map(state.owed).set(id, requestLine(id, { subtype: 'get_usage' }))
  return { ...state, owed, looks: state.looks + 1 }
}

export function isLook(request: string): boolean {
  return request.startsWith(lookMark)
}

/** Nobody waits for an answer any more. */
export function withoutLooks(owed: Counting['owed']): Counting['owed'] {
  return new Map([...owed].filter(([request]) => !isLook(request)))
}

/** The CLI has told what its process has used by now. Of one that nobody knows the beginning of, this is the beginning. */
export function counted<State extends Counting>(
  state: State,
  models: TokenCounts,
): { readonly state: State; readonly events: readonly RunEvent[] } {
  // A failure at its very beginning is told with an empty count.
  const told = { ...state.told, ...models }
  return { state: { ...state, told }, events: state.told === null ? [] : usedSince(state.told, models) }
}

/** A call that was broken off is billed with what it had been given, and the CLI never counts it. */
export function brokenOff({ uncounted }: Pick<Counting, 'uncounted'>): readonly RunEvent[] {
  if (uncounted === null) return []
  const { model, tokens } = uncounted
  return [{ type: 'used', spend: { model: model === '' ? null : model, tokens, costUsd: null, estimated: true } }]
}
