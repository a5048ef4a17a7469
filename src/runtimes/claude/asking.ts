import type { Action } from '../../core/action.ts'
import type { RunEvent } from '../../core/event.ts'
import type { ApprovalId } from '../../core/ids.ts'
import { formOf, type Field } from '../engine/form.ts'
import type { JsonObject } from '../engine/json.ts'
import type { Reading, TurnStanding } from '../engine/protocol.ts'
import { actionOf } from './action.ts'
import { approvalOf, elicitationOf, refusalOf, type ClaudeAsk, type Elicited } from './approval.ts'
import { close, owing } from './owed.ts'
import { passedPoint, type Halting } from './points.ts'
import { answerLine, refusalLine } from './request.ts'

/** What the reading of a turn knows of what is asked. */
export interface Wanting extends TurnStanding, Halting {
  readonly workdir: string
  /** Whether it may only look: what it asks for beyond questions and plans is refused without asking anybody. */
  readonly readOnly: boolean
  /** Whether its shell runs in a sandbox of the operating system. */
  readonly confined: boolean
  /** Whether the agent is making a plan: it went into that mode by itself, and a person lets it out. */
  readonly planning: boolean
  readonly actions: ReadonlyMap<string, Action>
  readonly inputs: ReadonlyMap<
    ApprovalId,
    { readonly tool: string; readonly input: JsonObject; readonly toolUse: string; readonly fields: readonly Field[] }
  >
  readonly owed: TurnStanding['owed']
  readonly points: TurnStanding['points']
}

/** A tool wants a person's leave, unless it is refused without asking anybody. */
export function asked<State extends Wanting>(state: State, line: ClaudeAsk): Reading<State> {
  const id = line.request as ApprovalId
  const refusal = refusalOf(state, line)
  if (refusal !== null) return { state: owing(state, id, refusalLine(id, refusal)), events: [] }
  const action = state.actions.get(line.toolUse) ?? actionOf(line.toolUse, line.tool, line.input, state.workdir)
  const inputs = new Map(state.inputs).set(id, {
    tool: line.tool,
    input: line.input,
    toolUse: line.toolUse,
    fields: [],
  })
  const approval = approvalOf(line, action, state.workdir, state.confined)
  return { state: { ...state, inputs, open: new Set(state.open).add(id) }, events: [{ type: 'wanted', approval }] }
}

/** A form of an MCP server is a question to people; not for somebody whose agent only looks. */
export function elicited<State extends Wanting>(state: State, line: Elicited): Reading<State> {
  const id = line.request as ApprovalId
  const fields = line.schema === null || state.readOnly ? null : formOf(line.schema, line.message)
  if (fields === null) return { state: owing(state, id, answerLine(id, { action: 'decline' })), events: [] }
  const inputs = new Map(state.inputs).set(id, { tool: 'MCP', input: {}, toolUse: '', fields })
  const approval = elicitationOf(line, fields)
  return { state: { ...state, inputs, open: new Set(state.open).add(id) }, events: [{ type: 'wanted', approval }] }
}

/** The CLI takes a question back: after a stop, or because the tool call has become void. */
export function unasked<State extends Wanting>(state: State, id: ApprovalId): Reading<State> {
  const owed = new Map([...state.owed].filter(([each]) => each !== id))
  const events: readonly RunEvent[] = state.open.has(id) ? [{ type: 'withdrawn', approval: id }] : []
  return { state: { ...passedPoint(close(state, id), (request) => request === id), owed }, events }
}
