import { arrayAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** What a turn has to do with the agent's helpers, each of which has a conversation and turns of its own. */
export interface Helping {
  /** The server's id of our turn. */
  readonly turn: string | null
  /** Helpers by their conversation: the turn they are at, '' before it has begun, null when they rest. */
  readonly helpers: ReadonlyMap<string, string | null>
  /** Our own turn as it ended while helpers were still at work; null: it has not. */
  readonly ended: JsonObject | null
}

/**
 * What a line says of helpers. They go on when the agent has ended its turn, whose whole work is over with theirs
 * (observed with 0.169.0).
 */
export function withHelpers<State extends Helping>(state: State, method: string, params: JsonObject): State {
  const from = stringAt(params['threadId'])
  const turn = objectAt(params['turn'])
  const at = state.helpers.get(from)
  switch (method) {
    case 'item/started':
    case 'item/completed':
      return withItem(state, method, objectAt(params['item']))
    case 'turn/started':
      return isBelow(state, turn) ? put(state, from, stringAt(turn['id'])) : state
    case 'turn/completed': {
      if (at === undefined || at !== turn['id']) return state
      const rests = put(state, from, null)
      // Only we interrupt one whose agent is done.
      const isStopped = turn['status'] === 'interrupted' && state.ended !== null
      return isStopped ? { ...rests, ended: { ...state.ended, status: 'interrupted' } } : rests
    }
    case 'thread/closed':
      return at === undefined ? state : put(state, from, null)
    default:
      return state
  }
}

/** Whether a helper is at work, or about to be. */
export function isHelped({ helpers }: Helping): boolean {
  return [...helpers.values()].some((turn) => turn !== null)
}

/** Whether the agent has ended its turn and no helper is at work any more. */
export function isOver<State extends Helping>(state: State): state is State & { readonly ended: JsonObject } {
  return state.ended !== null && !isHelped(state)
}

/** Turns of helpers that can be interrupted, each with its conversation. */
export function turnsOfHelpers({ helpers }: Helping): readonly (readonly [string, string])[] {
  return [...helpers].flatMap(([thread, turn]) => (turn === null || turn === '' ? [] : [[thread, turn] as const]))
}

function withItem<State extends Helping>(state: State, method: string, item: JsonObject): State {
  if (item['type'] === 'subAgentActivity') {
    const thread = stringAt(item['agentThreadId'])
    const at = state.helpers.get(thread)
    if (item['kind'] === 'started') return at === undefined ? put(state, thread, '') : state
    // One that came to nothing before its turn began; of any other its turn says so.
    return at === '' && item['kind'] !== 'interacted' ? put(state, thread, null) : state
  }
  if (method !== 'item/completed' || item['type'] !== 'collabAgentToolCall' || item['tool'] !== 'spawnAgent')
    return state
  const begun = arrayAt(item['receiverThreadIds']).map(stringAt)
  return begun.reduce((now, thread) => (now.helpers.has(thread) ? now : put(now, thread, '')), state)
}

function isBelow({ turn }: Helping, begun: JsonObject): boolean {
  return turn !== null && begun['rootTurnId'] === turn && begun['id'] !== turn
}

function put<State extends Helping>(state: State, thread: string, turn: string | null): State {
  return thread === '' ? state : { ...state, helpers: new Map(state.helpers).set(thread, turn) }
}
