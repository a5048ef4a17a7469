import type { RunEvent } from '../../core/event.ts'
import type { Tokens } from '../../core/spending.ts'
import { usedSince, type TokenCounts } from '../engine/count.ts'
import { requestLine } from './request.ts'

/** A request to the model, as the stream tells of it. */
interface Call {
  readonly id: string
  readonly model: string
  readonly tokens: Tokens
}

/** What the reading of a turn knows of what is used. */
export interface Counting {
  readonly uuid: string
  /** What the process has used, as far as it was told in events; null: nobody knows where it began. */
  readonly told: TokenCounts | null
  /** The call that streams, until the CLI counts it. */
  readonly uncounted: Call | null
  /** Calls that have ended since the CLI was last asked: it has counted them, and told nobody. */
  readonly untold: readonly Call[]
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
  return { state: { ...state, told, untold: [] }, events: state.told === null ? [] : usedSince(state.told, models) }
}

/** A call that was broken off is billed with what it had been given, and the CLI never counts it. */
export function brokenOff({ uncounted }: Pick<Counting, 'uncounted'>): readonly RunEvent[] {
  return uncounted === null ? [] : [estimated(uncounted)]
}

/** The call that streams has ended: from here on the CLI counts it. */
export function ended<State extends Counting>(state: State, tokens: Tokens): State {
  if (state.uncounted === null) return state
  const { tokens: given } = state.uncounted
  const most = (name: keyof Tokens): number => Math.max(given[name], tokens[name])
  const all = {
    input: most('input'),
    cacheRead: most('cacheRead'),
    cacheWrite: most('cacheWrite'),
    output: most('output'),
  }
  return { ...state, uncounted: null, untold: [...state.untold, { ...state.uncounted, tokens: all }] }
}

/** The process is gone: what it had counted and not told, and the call that was open. A sub-agent's calls are on no line. */
export function uncountedIn({ untold, uncounted }: Pick<Counting, 'untold' | 'uncounted'>): readonly RunEvent[] {
  return [...untold.map(estimated), ...brokenOff({ uncounted })]
}

/** Not by the CLI's own count, which knows what it costs. */
function estimated({ model, tokens }: Call): RunEvent {
  return { type: 'used', spend: { model: model === '' ? null : model, tokens, costUsd: null, estimated: true } }
}
