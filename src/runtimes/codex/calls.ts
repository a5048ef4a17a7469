import type { ToolCallId } from '../../core/ids.ts'
import type { ToolCall } from '../../core/tool-call.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import type { Reading, TurnStanding } from '../engine/protocol.ts'
import type { Helping } from './helpers.ts'
import { callIdOf, isAnswered } from './tool.ts'

/** What a turn has to do with our tools. */
export interface Calling extends TurnStanding, Helping {
  /** The server's conversation; null until it has been opened. */
  readonly thread: string | null
  /** The server's id of its request for each call. */
  readonly callIds: ReadonlyMap<ToolCallId, string | number>
}

/** A call of a tool of ours that comes as a request. Opened again, the conversation tells it again. */
export function called<State extends Calling>(
  state: State,
  call: ToolCall,
  { id, params }: { readonly id: string | number; readonly params: JsonObject },
): Reading<State> {
  if (!isOfTurn(state, params)) return { state, events: [] }
  const now = { ...state, callIds: new Map(state.callIds).set(call.id, id) }
  return state.callIds.has(call.id) ? { state: now, events: [] } : begun(now, call)
}

/** A call that went to the process beside the CLI, which waits for a file. */
export function calledBeside<State extends Calling>(state: State, call: ToolCall, params: JsonObject): Reading<State> {
  return isOfTurn(state, params) && !state.calls.has(call.id) ? begun(state, call) : { state, events: [] }
}

/** The server has taken the answer to a call, or has given the call up. Null: the item is none. */
export function toldTo<State extends Calling>(state: State, params: JsonObject): Reading<State> | null {
  const item = objectAt(params['item'])
  const call = callIdOf(stringAt(params['threadId']), stringAt(item['id']))
  const answered = isAnswered(item)
  if (answered === null || !state.calls.has(call)) return null
  const calls = new Set([...state.calls].filter((each) => each !== call))
  const settled = answered ? [...state.settled, call] : state.settled
  return { state: { ...state, calls, settled }, events: answered ? [] : [{ type: 'revoked', call }] }
}

function begun<State extends Calling>(state: State, call: ToolCall): Reading<State> {
  return { state: { ...state, calls: new Set(state.calls).add(call.id) }, events: [{ type: 'called', call }] }
}

/** Of this turn's agent, or of one of its helpers. */
function isOfTurn({ taken, thread, turn, helpers }: Calling, params: JsonObject): boolean {
  const from = stringAt(params['threadId'])
  return taken && (helpers.has(from) || (from === thread && turnOf(params) === turn))
}

/** The turn that a line is about, where it says so. */
export function turnOf(params: JsonObject): unknown {
  return params['turnId'] ?? objectAt(params['turn'])['id']
}
