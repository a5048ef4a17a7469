import type { TurnStanding } from '../engine/protocol.ts'
import { looking, type Counting } from './usage.ts'
import { answerLine } from './request.ts'

/** By which the CLI names our hook. */
export const pointId = 'money'

/**
 * Before each tool, a sub-agent's too, the CLI stands still until it is answered: no request is open then, and nothing
 * runs (facts/limits-and-logins.md section 1.7). It waits for a day; after that the tool does not run. Given only where
 * there are budgets: an agent whose bot is away goes on by itself otherwise.
 */
export const pointHooks = { PreToolUse: [{ hookCallbackIds: [pointId], timeout: 86_400 }] }

/** What the reading of a turn knows of where the CLI stands still. */
export interface Halting extends Counting {
  readonly points: TurnStanding['points']
  /** Where it stands still and what it has used is not told yet: tools by request. */
  readonly halted: ReadonlyMap<string, string>
  /** Tools by the requests that stand in `points`. */
  readonly pointTools: ReadonlyMap<string, string>
}

/** It stands still: it is asked what it has used, and let on behind the answer. */
export function standing<State extends Halting>(state: State, request: string, toolUse: string): State {
  if (state.halted.has(request) || state.points.has(request)) return state
  return looking({ ...state, halted: new Map(state.halted).set(request, toolUse) })
}

/** What it has used by now is told. */
export function countedPoints<State extends Halting>(state: State): State {
  if (state.halted.size === 0) return state
  const points = new Map(state.points)
  for (const request of state.halted.keys()) points.set(request, answerLine(request, {}))
  return { ...state, points, pointTools: new Map([...state.pointTools, ...state.halted]), halted: new Map() }
}

/** It stands there no more: the tool has run, or it has taken its question back. */
export function passedPoint<State extends Halting>(
  state: State,
  isPassed: (request: string, tool: string) => boolean,
): State {
  const gone = [...state.pointTools, ...state.halted].filter(([request, tool]) => isPassed(request, tool))
  if (gone.length === 0) return state
  const left = <Value>(all: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> =>
    new Map([...all].filter(([request]) => gone.every(([each]) => each !== request)))
  return { ...state, points: left(state.points), pointTools: left(state.pointTools), halted: left(state.halted) }
}
