import type { ToolCallId } from '../../core/ids.ts'
import type { ToolOffer } from '../../core/tool.ts'
import { objectAt } from '../engine/json.ts'
import type { Reading, TurnStanding } from '../engine/protocol.ts'
import { calledBy, callIdOf, replyTo, serverName, toldLine } from './mcp.ts'
import { errorLine } from './request.ts'
import type { ClaudeLine } from './line.ts'

/** What a turn has to do with our tools. */
export interface Serving extends TurnStanding {
  /** The tools of ours that it is offered. */
  readonly offers: readonly ToolOffer[]
  /** The JSON-RPC id that each open call came with. */
  readonly callIds: ReadonlyMap<ToolCallId, unknown>
  /** Whose lines come now: nobody's before the first `init`, or those of a turn that the CLI began by itself. */
  readonly whose: 'nobody' | 'ours' | 'the CLI'
}

/**
 * A message to our MCP server. The greeting comes before the first turn and is answered like any other line; a call of
 * a turn that nobody asked for is refused.
 */
export function asksServer<State extends Serving>(
  state: State,
  line: Extract<ClaudeLine, { is: 'mcp' }>,
): Reading<State> {
  const { request, message } = line
  const owing = (answer: string): State => ({ ...state, owed: new Map(state.owed).set(request, answer) })
  if (line.server !== serverName) return { state: owing(errorLine(request, line.server)), events: [] }
  const call = callIdOf(line)
  if (message['method'] === 'tools/call') {
    if (state.calls.has(call) || state.settled.includes(call)) return { state, events: [] }
    if (state.whose !== 'ours') {
      return {
        state: owing(toldLine(call, message['id'], 'Refused: nobody has asked for this turn.', true)),
        events: [],
      }
    }
    const calls = new Set(state.calls).add(call)
    const callIds = new Map(state.callIds).set(call, message['id'])
    return { state: { ...state, calls, callIds }, events: [{ type: 'called', call: { id: call, ...calledBy(line) } }] }
  }
  const owed = owing(replyTo(line, state.offers))
  if (message['method'] !== 'notifications/cancelled') return { state: owed, events: [] }
  // It comes for calls that were answered long ago, too: then it means nothing.
  const cancelled = objectAt(message['params'])['requestId']
  const open = [...state.calls].findLast((each) => state.callIds.get(each) === cancelled)
  if (open === undefined) return { state: owed, events: [] }
  return { state: withoutCall(owed, open), events: [{ type: 'revoked', call: open }] }
}

/** The turn after a call is over. */
export function withoutCall<State extends Serving>(state: State, call: ToolCallId): State {
  return { ...state, calls: new Set([...state.calls].filter((each) => each !== call)) }
}
