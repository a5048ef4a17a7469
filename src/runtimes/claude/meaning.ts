import type { RunEvent, Usage } from '../../core/event.ts'
import type { ApprovalId, ToolCallId } from '../../core/ids.ts'
import type { Conversation } from '../../core/session.ts'
import type { ToolOffer } from '../../core/tool.ts'
import { nothingSpent, type Birth, type Reading, type Spent } from '../engine/protocol.ts'
import { actionOf } from './action.ts'
import { asked, elicited, unasked, type Wanting } from './asking.ts'
import { authFailure, isConversationGone, outcomeOf } from './outcome.ts'
import { asksServer, withoutCall, type Serving } from './calls.ts'
import { answerLine, errorLine, withdrawalOf } from './request.ts'
import { countedPoints, passedPoint, standing, type Halting } from './points.ts'
import { close, heard, owing, paid } from './owed.ts'
import { brokenOff, counted, ended, isLook, looking, withoutLooks } from './usage.ts'
import { readingOf } from './limit.ts'
import type { ClaudeLine, LimitLine, ResultLine } from './line.ts'
import { parseLine } from './wire.ts'

/** Where the reading of a turn stands. Immutable. */
export interface ClaudeState extends Serving, Halting, Wanting {
  readonly birth: Birth
  readonly spent: Spent
  readonly uuid: string
  /** The permission mode that the process was started in. */
  readonly mode: string
  /** Where the transcript of a conversation stands. */
  readonly transcriptOf: (session: string) => string | null
  readonly afterNotice: boolean
  /** Whether the login is a key: the CLI tries a refused key ten times, for three minutes. */
  readonly byKey: boolean
  /** The message that streams, or null. */
  readonly message: string | null
  /** How many blocks of each message came whole: the line does not say which it is. */
  readonly counted: ReadonlyMap<string, number>
  /** Blocks of which pieces were given and the whole was not. */
  readonly unfinished: ReadonlySet<string>
  /** Whether any words of it came whole. */
  readonly spoke: boolean
  /** Words put into the turn that the CLI has not yet taken in, by uuid. */
  readonly unheard: ReadonlySet<string>
  /** Of the turns of the CLI that belong to this one, but for the last. */
  readonly used: Pick<Usage, 'inputTokens' | 'outputTokens'>
  /** Whether nobody said in time which tools of ours there are: the process goes without them for the rest of its life. */
  readonly toolless: boolean
  /** The kind of failure the CLI named last. */
  readonly error: string | null
  /** The last line about the login's quota in this turn. */
  readonly limit: LimitLine | null
}

export interface ClaudeBeginning {
  readonly birth: Birth
  readonly uuid: string
  readonly workdir: string
  readonly mode: string
  readonly readOnly: boolean
  readonly confined: boolean
  readonly offers: readonly ToolOffer[]
  readonly transcriptOf: (session: string) => string | null
}

export function beginning(from: ClaudeBeginning): ClaudeState {
  return {
    ...from,
    taken: false,
    open: new Set(),
    calls: new Set(),
    callIds: new Map(),
    over: 'no',
    spent: from.birth.spent ?? nothingSpent,
    whose: 'nobody',
    afterNotice: false,
    byKey: false,
    message: null,
    counted: new Map(),
    unfinished: new Set(),
    spoke: false,
    actions: new Map(),
    inputs: new Map(),
    owed: new Map(),
    planning: false,
    unheard: new Set(),
    used: { inputTokens: 0, outputTokens: 0 },
    settled: [],
    tampering: null,
    toolless: false,
    error: null,
    limit: null,
    // A process that is new counts from nothing.
    told: from.birth.warm ? (from.birth.spent?.told ?? null) : {},
    uncounted: null,
    untold: [],
    looks: 0,
    ...noPoints,
  }
}

/** What a line of the CLI means for the turn. Pure; see `Protocol.decode`. */
export function meaningOf(state: ClaudeState, text: string): Reading<ClaudeState> {
  if (state.over !== 'no') return { state, events: [] }
  const line = parseLine(text)
  const { afterNotice } = state
  const now = { ...state, afterNotice: line.is === 'task-notice' }
  if (line.is === 'init') return init(now, line, afterNotice)
  if (line.is === 'result') return result(now, line)
  if (line.is === 'response') return response(now, line)
  if (line.is === 'replay') return { state: heard(now, line.uuid), events: [] }
  if (line.is === 'request')
    return { state: owing(now, line.request, errorLine(line.request, line.subtype)), events: [] }
  if (line.is === 'point') {
    // A turn that nobody asked for is held by nobody.
    if (now.whose !== 'ours') return { state: owing(now, line.request, answerLine(line.request, {})), events: [] }
    return { state: standing(now, line.request, line.toolUse), events: [] }
  }
  if (line.is === 'mcp') return asksServer(now, line)
  if (line.is === 'mode') return { state: inMode(now, line.mode), events: [] }
  return state.whose === 'ours' ? during(now, line) : { state: now, events: [] }
}

/** `init` comes before every turn. The replay of our prompt does not: it follows the first block's deltas. */
function init(
  state: ClaudeState,
  line: Extract<ClaudeLine, { is: 'init' }>,
  afterNotice: boolean,
): Reading<ClaudeState> {
  if (afterNotice) return { state: { ...state, whose: 'the CLI' }, events: [] }
  const { pid, warm } = state.birth
  const conversation: Conversation = { id: line.session, transcript: state.transcriptOf(line.session) }
  const events: RunEvent[] = state.taken ? [] : [{ type: 'started', pid, warm, conversation }]
  const byKey = line.keySource.includes('API_KEY')
  const toolless = line.lacksOurs && state.offers.length > 0
  return { state: { ...inMode(state, line.mode), whose: 'ours', taken: true, byKey, toolless }, events }
}

/** The CLI goes into plan mode by itself, and out of it again into the mode that we name. Any other is not our doing. */
function inMode(state: ClaudeState, mode: string): ClaudeState {
  const isKnown = mode === '' || mode === 'plan' || mode === state.mode
  const tampering = isKnown ? state.tampering : `The permission mode became "${mode}" without our doing`
  return { ...state, tampering, planning: mode === '' ? state.planning : mode === 'plan' }
}

function result(before: ClaudeState, line: ResultLine): Reading<ClaudeState> {
  const used = isOurs(before, line) ? counted(before, line.models) : { state: before, events: [] }
  const { state } = used
  const { told } = state
  const spent = {
    ...state.spent,
    costUsd: line.totalCostUsd ?? state.spent.costUsd,
    ...(told === null ? {} : { told }),
  }
  // The CLI's own turn has ended; what was asked of it comes next, or is at work. Its cost is ours all the same.
  if (!isOurs(state, line))
    return { state: { ...state, whose: state.whose === 'ours' ? 'ours' : 'nobody' }, events: [] }
  const { inputTokens, outputTokens } = state.used
  const all = {
    ...line,
    inputTokens: inputTokens + line.inputTokens,
    outputTokens: outputTokens + line.outputTokens,
  }
  const isAborted = line.terminalReason.startsWith('aborted')
  // A word that came when no tool was left to run is answered by a turn of its own: that one ends the run.
  if (state.unheard.size > 0 && !isAborted && !isConversationGone(line))
    return { state: { ...state, used: all, error: null, message: null }, events: used.events }
  const costUsd = line.totalCostUsd === null ? null : Math.max(0, line.totalCostUsd - state.spent.costUsd)
  const outcome = outcomeOf(all, { error: state.error, limit: state.limit }, costUsd)
  // A word that is still queued after a stop would be answered by a turn that nobody hears.
  const isLost = outcome.kind === 'failed' && (isConversationGone(line) || outcome.trouble.code === 'context-full')
  const over = isLost || state.toolless || state.unheard.size > 0 ? 'broken' : 'clean'
  const events = [...used.events, ...brokenOff(state), ...saidLast(state, line), { type: 'finished', outcome } as const]
  const left = { open: new Set<ApprovalId>(), owed: withoutLooks(state.owed), ...noPoints }
  return { state: { ...state, over, spent, ...left }, events }
}

const noPoints = { points: new Map(), halted: new Map(), pointTools: new Map() } as const

/**
 * Of the turn that was asked for, not one that the CLI began by itself; nor of the one before, said once more, when this
 * one has not begun. A process that is new has none before: one that could not begin says so by its result alone.
 */
function isOurs({ whose, birth }: ClaudeState, { unsolicited }: ResultLine): boolean {
  return !unsolicited && (whose === 'ours' || (whose === 'nobody' && !birth.warm))
}

/** Words that the result alone tells, as those of a command of the CLI's own. */
function saidLast({ spoke, unfinished, uuid }: ClaudeState, { isError, text }: ResultLine): readonly RunEvent[] {
  if (isError || spoke || unfinished.size > 0 || text.trim() === '') return []
  return [{ type: 'said', block: `result:${uuid}`, text, whole: true }]
}

function response(state: ClaudeState, line: Extract<ClaudeLine, { is: 'response' }>): Reading<ClaudeState> {
  if (isLook(line.request)) {
    const owed = new Map([...state.owed].filter(([each]) => each !== line.request))
    const told = { ...countedPoints(state), owed }
    return line.models === null ? { state: told, events: [] } : counted(told, line.models)
  }
  if (line.request === withdrawalOf(state.uuid)) {
    if (line.cancelled !== true) return { state, events: [] }
    const usage = { inputTokens: 0, outputTokens: 0, costUsd: null }
    // One that is stopped while it opens its first turn hears nothing any more (measured: it stays "running", with no turn).
    const over = state.birth.warm ? 'clean' : 'broken'
    return { state: { ...state, over }, events: [{ type: 'finished', outcome: { kind: 'stopped', usage } }] }
  }
  const unheard = [...state.unheard].filter((uuid) => line.request !== withdrawalOf(uuid))
  if (unheard.length < state.unheard.size)
    return { state: line.cancelled === true ? { ...state, unheard: new Set(unheard) } : state, events: [] }
  const id = line.request as ApprovalId
  if (state.owed.has(id)) return { state: paid(state, id, line.behavior), events: [] }
  const call = line.request as ToolCallId
  if (state.calls.has(call))
    return { state: { ...withoutCall(state, call), settled: [...state.settled, call] }, events: [] }
  if (line.behavior === null || !state.inputs.has(id)) return { state, events: [] }
  return { state: { ...close(state, id), settled: [...state.settled, id] }, events: [] }
}

function during(state: ClaudeState, line: ClaudeLine): Reading<ClaudeState> {
  switch (line.is) {
    case 'message': {
      const { id, model, tokens } = line
      const discarded = discard({ ...state, message: id, uncounted: { id, model, tokens } }, id)
      return { ...discarded, events: [...(state.uncounted?.id === id ? [] : brokenOff(state)), ...discarded.events] }
    }
    case 'counted':
      return { state: ended(state, line.tokens), events: [] }
    case 'delta': {
      if (state.message === null) return { state, events: [] }
      const block = `${state.message}:${line.index}`
      const unfinished = state.unfinished.has(block) ? state.unfinished : new Set(state.unfinished).add(block)
      return { state: { ...state, unfinished }, events: [{ type: 'said', block, text: line.text, whole: false }] }
    }
    case 'assistant':
      return assistant(state, line)
    case 'tool-results':
      return toolResults(looking(state), line.results)
    case 'asked':
      return asked(state, line)
    case 'elicited':
      return elicited(state, line)
    case 'unasked':
      return unasked(state, line.request as ApprovalId)
    case 'retry': {
      if (line.error !== 'authentication_failed')
        return { state, events: [{ type: 'noticed', notice: { kind: 'retrying', why: line.why } }] }
      if (!state.byKey) return { state, events: [] }
      const outcome = authFailure(line.status)
      return { state: { ...state, over: 'broken', open: new Set() }, events: [{ type: 'finished', outcome }] }
    }
    case 'notice':
      return { state, events: [{ type: 'noticed', notice: line.notice }] }
    case 'limit': {
      if (line.status === '') return { state, events: [] }
      const reading = readingOf(line)
      return { state: { ...state, limit: line }, events: reading === null ? [] : [{ type: 'metered', reading }] }
    }
    default:
      return { state, events: [] }
  }
}

function assistant(state: ClaudeState, line: Extract<ClaudeLine, { is: 'assistant' }>): Reading<ClaudeState> {
  // A failure comes dressed as an answer; its text belongs to the outcome.
  if (line.error !== null) return { state: { ...state, error: line.error }, events: [] }
  const discarded = line.nested ? { state, events: [] } : discard(state, line.message)
  const events = [...discarded.events]
  const counted = new Map(state.counted)
  const unfinished = new Set(discarded.state.unfinished)
  const actions = new Map(state.actions)
  let { spoke } = state
  for (const block of line.blocks) {
    const index = counted.get(line.message) ?? 0
    counted.set(line.message, index + 1)
    const id = `${line.message}:${index}`
    if (block.is === 'tool') {
      const action = actionOf(block.id, block.name, block.input, state.workdir)
      actions.set(block.id, action)
      events.push({ type: 'acted', action, phase: 'begun' })
    }
    // A sub-agent's text is for the agent that asked it, not for people.
    if (block.is !== 'text' || line.nested) continue
    unfinished.delete(id)
    spoke ||= block.text.trim() !== ''
    events.push({ type: 'said', block: id, text: block.text, whole: true })
  }
  return { state: { ...state, counted, unfinished, spoke, actions }, events }
}

/**
 * Pieces of another message than the one that comes now were never completed: the connection broke, and the CLI asked
 * the model again. What they said is void.
 */
function discard(state: ClaudeState, message: string): Reading<ClaudeState> {
  const left = [...state.unfinished].filter((block) => !block.startsWith(`${message}:`))
  if (left.length === 0) return { state, events: [] }
  const unfinished = new Set([...state.unfinished].filter((block) => !left.includes(block)))
  const events = left.map((block): RunEvent => ({ type: 'said', block, text: '', whole: true }))
  return { state: { ...state, unfinished }, events }
}

function toolResults(
  state: ClaudeState,
  results: readonly { readonly tool: string; readonly failed: boolean }[],
): Reading<ClaudeState> {
  const actions = new Map(state.actions)
  const events: RunEvent[] = []
  let next = passedPoint(state, (_request, tool) => results.some((each) => each.tool === tool))
  for (const { tool, failed } of results) {
    const action = actions.get(tool)
    if (action === undefined) continue
    actions.delete(tool)
    events.push({ type: 'acted', action, phase: failed ? 'failed' : 'done' })
    for (const [id, { toolUse }] of state.inputs) if (toolUse === tool) next = close(next, id)
  }
  return { state: { ...next, actions }, events }
}
