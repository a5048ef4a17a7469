import type { ApprovalId } from '../../core/ids.ts'
import type { TurnStanding } from '../engine/protocol.ts'

type Owing = Pick<TurnStanding, 'owed' | 'open' | 'tampering'>

/** A request of the CLI that no person is asked about is answered with this line. */
export function owing<State extends Owing>(state: State, request: string, line: string): State {
  return { ...state, owed: new Map(state.owed).set(request, line) }
}

/** A refusal of ours was taken in; one that became a consent on its way was not ours. */
export function paid<State extends Owing>(state: State, id: ApprovalId, behavior: string | null): State {
  const owed = new Map([...state.owed].filter(([each]) => each !== id))
  const tampering = behavior === 'allow' ? 'What must not be was allowed by nobody we know' : state.tampering
  return { ...state, owed, tampering }
}

/** A question to people is over. */
export function close<State extends Owing>(state: State, id: ApprovalId): State {
  if (!state.open.has(id)) return state
  return { ...state, open: new Set([...state.open].filter((each) => each !== id)) }
}

/** Our own line, echoed when the CLI takes it in. */
export function heard<State extends { readonly unheard: ReadonlySet<string> }>(state: State, uuid: string): State {
  if (!state.unheard.has(uuid)) return state
  return { ...state, unheard: new Set([...state.unheard].filter((each) => each !== uuid)) }
}
