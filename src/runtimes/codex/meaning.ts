import type { Action } from '../../core/action.ts'
import type { Outcome, RunEvent, Usage } from '../../core/event.ts'
import type { ApprovalId, ToolCallId } from '../../core/ids.ts'
import { countAt } from '../engine/count.ts'
import { nothingSpent, type Reading, type CliReply, type Spent } from '../engine/protocol.ts'
import { actionOf, messageOf } from './action.ts'
import { called, calledBeside, toldTo, turnOf } from './calls.ts'
import { callBeside, callIn } from './tool.ts'
import { asksOf, refusalOf } from './ask.ts'
import { asked, resolved, type Questioned } from './asking.ts'
import { isHelped, isOver, withHelpers } from './helpers.ts'
import { counted, counting, tokensOf, withChild, type ThreadCounting } from './usage.ts'
import { readingOf } from './limit.ts'
import { openTrouble, retryOf, troubleOf } from './outcome.ts'
import { objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { parseLine, type CodexLine } from './wire.ts'

/** Where the reading of a turn stands. Immutable. */
export interface CodexState extends Questioned, ThreadCounting {
  readonly from: CodexBeginning
  /** Where the server writes it down. */
  readonly transcript: string | null
  /** The message that has begun and is not complete. */
  readonly message: string | null
  /** The conversation's count before this turn; null: nobody knows. `spent` is the count that was told last. */
  readonly before: Spent | null
  readonly error: JsonObject | null
  /** What was said of the login last, and when; the same again is no news. */
  readonly rateLimits: JsonObject
  readonly saidAt: number | null
}

export interface CodexBeginning {
  readonly pid: number
  readonly warm: boolean
  readonly workdir: string
  /** Whether the conversation is gone on with: its count begins with what it has used before. */
  readonly resumed: boolean
  /** Whether its server lives in a box. */
  readonly boxed: boolean
  /** Where answers are laid for the server of tools that the conversation was born without; null: it has none. */
  readonly beside: string | null
  /** Ids of our requests that open the conversation and hand the prompt over. */
  readonly openId: string
  readonly turnId: string
}

/** `thread`: known already when the conversation is open in the server; `spent`: what it has used by then. */
export function beginning(
  from: CodexBeginning,
  thread: string | null,
  transcript: string | null,
  spent: Spent | null,
): CodexState {
  return {
    from,
    spent,
    thread,
    transcript,
    turn: null,
    taken: false,
    open: new Set(),
    calls: new Set(),
    callIds: new Map(),
    helpers: new Map(),
    ended: null,
    owed: new Map(),
    over: 'no',
    settled: [],
    tampering: null,
    points: new Map(),
    actions: new Map(),
    items: new Map(),
    asks: new Map(),
    message: null,
    before: spent,
    error: null,
    told: spent?.told ?? {},
    model: null,
    rateLimits: {},
    saidAt: null,
  }
}

/** What a line of the server means for the turn: lines of other conversations mean nothing. Pure; see `Protocol.decode`. */
export function meaningOf(state: CodexState, text: string): Reading<CodexState> {
  const same = { state, events: [] }
  if (state.over !== 'no') return same
  const line = parseLine(text)
  if (line.is === 'other') return same
  if (line.is === 'reply') return reply(state, line)
  if (line.is === 'notice' && line.method === 'account/rateLimits/updated')
    return metered(state, objectAt(line.params['rateLimits']), line.at)
  const call = line.is === 'request' ? callIn(line) : null
  if (line.is === 'request' && call !== null) return called(state, call, line)
  if (line.method === 'item/started' && state.from.beside !== null) {
    const beside = callBeside(stringAt(line.params['threadId']), objectAt(line.params['item']))
    if (beside !== null) return seen(calledBeside(state, beside, line.params), begun, line.params)
  }
  if (line.method === 'item/completed') {
    const heard = toldTo(state, line.params)
    if (heard !== null) return seen(heard, completed, line.params)
  }
  if (line.is === 'request' && isOurs(state, line.params) && asksOf(line, {}, '') === null) {
    const owed = new Map(state.owed).set(String(line.id), refusalOf(line.id, line.method))
    return { state: { ...state, owed }, events: [] }
  }
  if (state.thread !== null && line.method === 'thread/tokenUsage/updated') return used(state, line.params)
  if (line.params['threadId'] !== state.thread || state.thread === null)
    return state.taken ? ofHelper(state, line) : { state: withChild(state, line.method, line.params), events: [] }
  if (line.method === 'serverRequest/resolved') return resolved(state, line.params['requestId'])
  // A form of an MCP server may come without a turn: it is ours while ours is the one at work.
  const turn = turnOf(line.params) ?? (line.is === 'request' ? state.turn : null)
  if (!state.taken || turn !== state.turn) return same
  const now = withHelpers(withChild(state, line.method, line.params), line.method, line.params)
  if (isOver(now)) return ended(now, now.ended)
  return line.is === 'request' ? asked(now, line) : during(now, line.method, line.params)
}

type NamedLine = Extract<CodexLine, { readonly is: 'request' | 'notice' }>

/** A line of another conversation: of a helper it is a step of this turn, or a question of it. */
function ofHelper(state: CodexState, line: NamedLine): Reading<CodexState> {
  const { method, params } = line
  const now = withHelpers(withChild(state, method, params), method, params)
  if (!now.helpers.has(stringAt(params['threadId']))) return { state: now, events: [] }
  if (line.is === 'request') return asked(now, line)
  if (method === 'serverRequest/resolved') return resolved(now, params['requestId'])
  if (isOver(now)) return ended(now, now.ended)
  const item = objectAt(params['item'])
  // What it says is for the agent that asked it, not for people.
  if (item['type'] === 'agentMessage' || item['type'] === 'contextCompaction') return { state: now, events: [] }
  if (method === 'item/started') return begun(now, item)
  return method === 'item/completed' ? completed(now, item) : { state: now, events: [] }
}

/** The same where it is about a conversation of its own, with what people see of it. */
function seen(reading: Reading<CodexState>, show: typeof begun, params: JsonObject): Reading<CodexState> {
  if (!isOurs(reading.state, params)) return reading
  const shown = show(reading.state, objectAt(params['item']))
  return { state: shown.state, events: [...reading.events, ...shown.events] }
}

/** The server's word about the login, which is not of one conversation. */
function metered(state: CodexState, rateLimits: JsonObject, saidAt: number | null): Reading<CodexState> {
  const reading = state.taken ? readingOf(rateLimits) : null
  const isNews = JSON.stringify(rateLimits) !== JSON.stringify(state.rateLimits)
  const events: readonly RunEvent[] = reading !== null && isNews ? [{ type: 'metered', reading }] : []
  // Before the turn is taken it is no word about this turn, but still what is known.
  return { state: { ...state, rateLimits: state.taken ? rateLimits : state.rateLimits, saidAt }, events }
}

/** Of our conversation, of a helper's, or of none: those of another one are its own reader's. */
function isOurs({ thread, helpers }: CodexState, { threadId }: JsonObject): boolean {
  return threadId === undefined || (thread !== null && threadId === thread) || helpers.has(stringAt(threadId))
}

function reply(state: CodexState, { id, result, error }: CliReply): Reading<CodexState> {
  const { from } = state
  const failed = (outcome: Outcome): Reading<CodexState> => ({
    state: { ...state, over: 'clean' },
    events: [{ type: 'finished', outcome }],
  })
  if (id === from.openId) {
    // Opened twice, by two lives of the bot: the first counts.
    if (state.thread !== null) return { state, events: [] }
    if (error !== null) return failed({ kind: 'failed', trouble: openTrouble(error), usage: usageOf(state) })
    const thread = objectAt(result?.['thread'])
    const model = stringAt(result?.['model']) || stringAt(thread['model']) || null
    const spent = from.resumed ? state.spent : nothingSpent
    const opened = { thread: stringAt(thread['id']), transcript: stringAt(thread['path']) || null }
    return { state: { ...state, ...opened, model, spent, before: spent }, events: [] }
  }
  if (id !== from.turnId) return { state, events: [] }
  if (error !== null) return failed({ kind: 'failed', trouble: openTrouble(error), usage: usageOf(state) })
  const turn = stringAt(objectAt(result?.['turn'])['id'])
  const conversation = state.thread === null ? null : { id: state.thread, transcript: state.transcript }
  // One that is gone on with tells its count when it is opened, if it has one.
  const isNew = !from.warm && state.thread !== null && !(state.thread in state.told)
  const known = isNew ? counting(state, state.thread ?? '', state.model) : state
  return {
    state: { ...known, turn, taken: true, before: state.before ?? (from.warm ? null : nothingSpent) },
    events: [{ type: 'started', pid: from.pid, warm: from.warm, conversation }],
  }
}

/** Notices about our turn that mean something; why the others do not is said in passed-over.ts. */
export const turnReaders: Readonly<Record<string, (state: CodexState, params: JsonObject) => Reading<CodexState>>> = {
  'item/started': (state, params) => begun(state, objectAt(params['item'])),
  'item/agentMessage/delta': (state, params) => {
    const block = stringAt(params['itemId'])
    const discarded = discard(state, block)
    const said: RunEvent = { type: 'said', block, text: stringAt(params['delta']), whole: false }
    return { state: { ...discarded.state, message: block }, events: [...discarded.events, said] }
  },
  'item/completed': (state, params) => completed(state, objectAt(params['item'])),
  error: (state, params) => {
    const error = objectAt(params['error'])
    if (params['willRetry'] !== true) return { state: { ...state, error }, events: [] }
    const why = retryOf(error)
    return { state, events: why === null ? [] : [{ type: 'noticed', notice: { kind: 'retrying', why } }] }
  },
  'turn/completed': (state, params) => {
    const turn = objectAt(params['turn'])
    return isHelped(state) ? { state: { ...state, ended: turn }, events: [] } : ended(state, turn)
  },
  'thread/compacted': (state) => ({ state, events: [{ type: 'noticed', notice: { kind: 'compacted' } }] }),
  'model/rerouted': (state, params) => {
    const notice = {
      kind: 'model-changed',
      from: stringAt(params['fromModel']),
      to: stringAt(params['toModel']),
    } as const
    return { state, events: [{ type: 'noticed', notice }] }
  },
}

function during(state: CodexState, method: string, params: JsonObject): Reading<CodexState> {
  return turnReaders[method]?.(state, params) ?? { state, events: [] }
}

function begun(state: CodexState, item: JsonObject): Reading<CodexState> {
  const id = stringAt(item['id'])
  if (item['type'] === 'agentMessage') return discard(state, id)
  if (item['type'] === 'contextCompaction')
    return { state, events: [{ type: 'noticed', notice: { kind: 'compacting' } }] }
  const action = actionOf(item, state.from.workdir)
  if (action === null) return { state, events: [] }
  const actions = new Map(state.actions).set(id, action)
  const items = new Map(state.items).set(id, item)
  return { state: { ...state, actions, items }, events: [{ type: 'acted', action, phase: 'begun' }] }
}

function completed(state: CodexState, item: JsonObject): Reading<CodexState> {
  const id = stringAt(item['id'])
  if (item['type'] === 'agentMessage') {
    const discarded = discard(state, id)
    const said: RunEvent = { type: 'said', block: id, text: messageOf(item), whole: true }
    return { state: { ...discarded.state, message: null }, events: [...discarded.events, said] }
  }
  if (item['type'] === 'contextCompaction')
    return { state, events: [{ type: 'noticed', notice: { kind: 'compacted' } }] }
  // One that failed at once may be told only when it is over.
  const known = state.actions.get(id)
  const action = known ?? actionOf(item, state.from.workdir)
  if (action === null) return { state, events: [] }
  const actions = new Map(state.actions)
  actions.delete(id)
  const phase = stringAt(item['status'] ?? 'completed') === 'completed' ? 'done' : 'failed'
  const events: RunEvent[] = known === undefined ? [{ type: 'acted', action, phase: 'begun' }] : []
  return { state: { ...state, actions }, events: [...events, { type: 'acted', action, phase }] }
}

/** A message that another one follows before it was complete is void: the server asked the model again. */
function discard(state: CodexState, next: string): Reading<CodexState> {
  const { message } = state
  if (message === null || message === next) return { state, events: [] }
  return { state: { ...state, message: null }, events: [{ type: 'said', block: message, text: '', whole: true }] }
}

/**
 * The server counts for the whole conversation, over all processes, and tells the old count again after a request that
 * failed: so only differences to the count before the turn are the turn's.
 */
function used(state: CodexState, { threadId, tokenUsage }: JsonObject): Reading<CodexState> {
  const usage = objectAt(tokenUsage)
  const total = tokensOf(objectAt(usage['total']))
  if (total === null) return { state, events: [] }
  const ours = threadId === state.thread ? ownCount(state, usage) : state
  const reading = counted(ours, stringAt(threadId), total)
  const { spent, told } = reading.state
  return { ...reading, state: { ...reading.state, spent: spent === null ? null : { ...spent, told } } }
}

function ownCount(state: CodexState, usage: JsonObject): CodexState {
  const [spent, last] = [spentAt(usage['total']), spentAt(usage['last'])]
  if (!state.taken) return { ...state, spent, before: spent }
  const inputTokens = spent.inputTokens - last.inputTokens
  const before = state.before ?? { ...nothingSpent, inputTokens, outputTokens: spent.outputTokens - last.outputTokens }
  return { ...state, spent, before }
}

function spentAt(value: unknown): Spent {
  const tokens = objectAt(value)
  const [inputTokens, outputTokens] = [countAt(tokens['inputTokens']) ?? 0, countAt(tokens['outputTokens']) ?? 0]
  return { ...nothingSpent, inputTokens, outputTokens }
}

function usageOf({ before, spent }: CodexState): Usage {
  if (before === null || spent === null) return { inputTokens: 0, outputTokens: 0, costUsd: null }
  const inputTokens = Math.max(0, spent.inputTokens - before.inputTokens)
  const outputTokens = Math.max(0, spent.outputTokens - before.outputTokens)
  return { inputTokens, outputTokens, costUsd: null }
}

function ended(state: CodexState, turn: JsonObject): Reading<CodexState> {
  // What was at work when it was interrupted is never told to be over.
  const left = [...state.actions.values()].map((action): RunEvent => ({ type: 'acted', action, phase: 'failed' }))
  const over = {
    ...state,
    over: 'clean',
    open: new Set<ApprovalId>(),
    calls: new Set<ToolCallId>(),
    actions: new Map<string, Action>(),
  } as const
  const unanswered = [...state.open].map((approval): RunEvent => ({ type: 'withdrawn', approval }))
  return { state: over, events: [...unanswered, ...left, { type: 'finished', outcome: outcomeOf(state, turn) }] }
}

function outcomeOf(state: CodexState, turn: JsonObject): Outcome {
  const usage = usageOf(state)
  if (turn['status'] === 'completed') return { kind: 'done', usage }
  if (turn['status'] === 'interrupted') return { kind: 'stopped', usage }
  const error = Object.keys(objectAt(turn['error'])).length > 0 ? objectAt(turn['error']) : (state.error ?? {})
  const { rateLimits, saidAt: at, told, thread } = state
  const model = told[thread ?? '']?.model ?? state.model
  return { kind: 'failed', trouble: troubleOf(error, { rateLimits, at, model }), usage }
}
