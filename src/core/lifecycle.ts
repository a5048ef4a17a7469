import type { Approval } from './approval.ts'
import type { RunEvent } from './event.ts'
import type { ApprovalId, ToolCallId } from './ids.ts'
import type { ToolCall } from './tool-call.ts'

/** Where a run stands in its life. */
export type State = 'new' | 'waiting' | 'starting' | 'running' | 'asking' | 'parked' | 'stopping' | 'over'

/** The whole lifecycle of a run: from a state, an event leads to a state; what is not listed cannot happen. */
const table: Record<State, Partial<Record<RunEvent['type'], State>>> = {
  new: { asked: 'waiting', refused: 'over' },
  waiting: {
    reworded: 'waiting',
    promoted: 'waiting',
    allowed: 'waiting',
    refused: 'over',
    admitted: 'starting',
    stopped: 'over',
  },
  starting: {
    started: 'running',
    allowed: 'starting',
    steered: 'starting',
    declined: 'starting',
    stopped: 'stopping',
    lost: 'waiting',
    forgotten: 'waiting',
    finished: 'over',
  },
  running: {
    said: 'running',
    acted: 'running',
    metered: 'running',
    noticed: 'running',
    used: 'running',
    held: 'running',
    allowed: 'running',
    steered: 'running',
    declined: 'running',
    called: 'running',
    told: 'running',
    revoked: 'running',
    wanted: 'asking',
    stopped: 'stopping',
    lost: 'waiting',
    forgotten: 'waiting',
    parked: 'parked',
    finished: 'over',
  },
  asking: {
    said: 'asking',
    acted: 'asking',
    metered: 'asking',
    noticed: 'asking',
    used: 'asking',
    held: 'asking',
    allowed: 'asking',
    steered: 'asking',
    declined: 'asking',
    called: 'asking',
    told: 'asking',
    revoked: 'asking',
    wanted: 'asking',
    answered: 'running',
    withdrawn: 'running',
    stopped: 'stopping',
    lost: 'waiting',
    forgotten: 'waiting',
    parked: 'parked',
    finished: 'over',
  },
  parked: { promoted: 'parked', allowed: 'parked', refused: 'over', admitted: 'starting', stopped: 'over' },
  stopping: {
    said: 'stopping',
    acted: 'stopping',
    metered: 'stopping',
    noticed: 'stopping',
    used: 'stopping',
    steered: 'stopping',
    declined: 'stopping',
    lost: 'over',
    forgotten: 'over',
    parked: 'over',
    finished: 'over',
  },
  over: {},
}

/** What may happen next with a run: the fold of its events. */
export interface Run {
  readonly state: State
  /** Questions nobody has answered yet, in the order they were asked. */
  readonly open: readonly Approval[]
  /** Calls of tools of ours that have no answer yet. */
  readonly calls: readonly ToolCall[]
  /** How often it was admitted: 1 for a run that went through without a loss. */
  readonly attempts: number
  /** How often of these it ended for want of quota or of the model's service, which is no fault of its own. */
  readonly parks: number
  /** Its next attempt, or the one at work, goes on in the conversation where the one before was stopped. */
  readonly goesOn: boolean
  /** A budget is used up: its attempt at work is to be parked. */
  readonly isHeld: boolean
}

export const newRun: Run = { state: 'new', open: [], calls: [], attempts: 0, parks: 0, goesOn: false, isHeld: false }

/** States in which a run occupies its session: at most one run of a session may be in one of these. */
export const liveStates: readonly State[] = ['starting', 'running', 'asking', 'stopping']

export function isLive(state: State): boolean {
  return liveStates.includes(state)
}

/** States in which a run waits to be admitted. */
export function isQueued(state: State): boolean {
  return state === 'waiting' || state === 'parked'
}

/** The run after one more event, or null when that event cannot happen now. */
export function step(run: Run, event: RunEvent): Run | null {
  const next = table[run.state][event.type]
  if (next === undefined || comesTooLate(run, event)) return null
  const open = openAfter(run.open, event)
  if (closesQuestion(event) && open.length === run.open.length) return null
  const calls = callsAfter(run.calls, event)
  if (calls === null) return null
  return {
    // With another question still open, an answer leaves the run asking.
    state: next === 'running' && open.length > 0 ? 'asking' : next,
    open: isSilenced(next) ? [] : open,
    calls: isSilenced(next) ? [] : calls,
    attempts: event.type === 'admitted' ? run.attempts + 1 : run.attempts,
    parks: event.type === 'parked' ? run.parks + 1 : run.parks,
    goesOn: event.type === 'parked' || (run.goesOn && event.type !== 'lost' && event.type !== 'forgotten'),
    isHeld: isLive(next) && next !== 'stopping' && (event.type === 'held' || run.isHeld),
  }
}

/** A new word needs a turn that is at work; that one was heard may still be said while it begins again or stops. */
function comesTooLate({ state }: Run, event: RunEvent): boolean {
  return event.type === 'steered' && !event.heard && state !== 'running' && state !== 'asking'
}

function openAfter(open: readonly Approval[], event: RunEvent): readonly Approval[] {
  if (event.type === 'wanted') return [...open.filter((approval) => approval.id !== event.approval.id), event.approval]
  if (closesQuestion(event)) return without(open, event.approval)
  return open
}

/** The open calls after an event; null: it is about none of them, or calls once more what has been called. */
function callsAfter(calls: readonly ToolCall[], event: RunEvent): readonly ToolCall[] | null {
  const isOpen = (id: ToolCallId): boolean => calls.some((call) => call.id === id)
  if (event.type === 'called') return isOpen(event.call.id) ? null : [...calls, event.call]
  if (event.type !== 'told' && event.type !== 'revoked') return calls
  return isOpen(event.call) ? calls.filter(({ id }) => id !== event.call) : null
}

/** Nothing that it asks is answered any more. */
function isSilenced(state: State): boolean {
  return state === 'over' || isQueued(state) || state === 'stopping'
}

function closesQuestion(event: RunEvent): event is Extract<RunEvent, { type: 'answered' | 'withdrawn' }> {
  return event.type === 'answered' || event.type === 'withdrawn'
}

function without(open: readonly Approval[], id: ApprovalId): readonly Approval[] {
  return open.filter((approval) => approval.id !== id)
}
