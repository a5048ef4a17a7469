import type { RunEvent } from '../../core/event.ts'
import type { ApprovalId } from '../../core/ids.ts'
import { stringAt, type JsonObject } from '../engine/json.ts'
import type { Reading } from '../engine/protocol.ts'
import type { Action } from '../../core/action.ts'
import { asksOf, isHeldByBox, replyTo, type PlacedAsk } from './ask.ts'
import { turnOf, type Calling } from './calls.ts'

/** What a turn has to do with questions. */
export interface Questioned extends Calling {
  readonly actions: ReadonlyMap<string, Action>
  /** Items of tool calls as they began: a question about a file does not say what would change. */
  readonly items: ReadonlyMap<string, JsonObject>
  readonly asks: ReadonlyMap<ApprovalId, PlacedAsk>
  /** `boxed`: whether its server lives in a box. */
  readonly from: { readonly workdir: string; readonly boxed: boolean }
}

/** A question of the CLI, which people are asked, or which the box answers. */
export function asked<State extends Questioned>(
  state: State,
  line: { readonly id: string | number; readonly method: string; readonly params: JsonObject },
): Reading<State> {
  const item = stringAt(line.params['itemId'])
  const ask = asksOf(line, state.items.get(item) ?? {}, state.from.workdir)
  if (ask === null) return { state, events: [] }
  // The server counts its questions from 0, and from 0 again when it is restarted.
  const id = `${state.turn}:${ask.request}` as ApprovalId
  const action = state.actions.get(item) ?? { id: item || id, ...ask.action }
  const { input, subject, risks } = ask
  const approval = { id, action, input, subject, risks }
  // The box holds it. Most of these the CLI's own rules have let through already (rules.ts), bot or no bot.
  if (state.from.boxed && isHeldByBox(approval, state.from.workdir)) {
    const yes = replyTo(ask, { verdict: 'approve' })
    return { state: { ...state, owed: new Map(state.owed).set(String(line.id), yes) }, events: [] }
  }
  const events: RunEvent[] = [{ type: 'wanted', approval }]
  const from = { thread: stringAt(line.params['threadId']), turn: stringAt(turnOf(line.params)) || (state.turn ?? '') }
  const asks = new Map(state.asks).set(id, { ...ask, ...from })
  return { state: { ...state, asks, open: new Set(state.open).add(id) }, events }
}

/**
 * The server has taken an answer to a question, or it has taken the question back, which it tells in the same words.
 * Where nothing can be allowed by an answer, that needs no further look (see `Standing.settled`).
 */
export function resolved<State extends Questioned>(state: State, request: unknown): Reading<State> {
  const id = `${state.turn}:${String(request)}` as ApprovalId
  const owed = new Map([...state.owed].filter(([each]) => each !== String(request)))
  if (!state.open.has(id)) return { state: { ...state, owed }, events: [] }
  const open = new Set([...state.open].filter((each) => each !== id))
  const isHarmless = state.asks.get(id)?.subject.kind === 'questions'
  const settled = isHarmless ? state.settled : [...state.settled, id]
  return { state: { ...state, open, settled }, events: [{ type: 'withdrawn', approval: id }] }
}
