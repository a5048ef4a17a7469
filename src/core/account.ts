import type { EpochMs } from './clock.ts'
import type { Entry } from './event.ts'
import type { AccountId, RuntimeName, Seq } from './ids.ts'
import type { Hold, QuotaReading, QuotaWindow } from './quota.ts'

/** That an account, or one model of it, serves nothing before a moment. */
export interface Rest extends Omit<Hold, 'runtime'> {
  /** Where the journal said so: what began later and went well ends it. */
  readonly since: Seq
}

/** What is known of one login of one runtime: written by every run of it, read by all. A fold of the journal. */
export interface AccountState {
  readonly runtime: RuntimeName
  readonly account: AccountId
  readonly windows: readonly QuotaWindow[]
  /** Whether it is served beyond its quota, for money. */
  readonly paid: boolean
  readonly rests: readonly Rest[]
  /** It serves nothing until a person does something; `detail` is the CLI's own word. */
  readonly ended: { readonly detail: string; readonly since: Seq } | null
  readonly heardAt: EpochMs | null
}

/** What is known of the logins. Part of the vault door; the journal writes it. */
export interface Accounts {
  /** Every account that a run has told of. */
  all(): Promise<readonly AccountState[]>
  of(runtime: RuntimeName, account: AccountId): Promise<AccountState>
}

/** An account of which nothing is known. */
export function unheardOf(runtime: RuntimeName, account: AccountId): AccountState {
  return { runtime, account, windows: [], paid: false, rests: [], ended: null, heardAt: null }
}

/** The only model that a window is about; null: it is the account's. */
function modelOfWindow(window: string | null): string | null {
  return /^seven_day_(opus|sonnet|haiku)$/.exec(window ?? '')?.[1] ?? null
}

/** What is known after one more entry of one of its runs, which was admitted at that position. */
export function learn(state: AccountState, { event, at, seq }: Entry, admitted: Seq): AccountState {
  if (event.type === 'metered') return hear(state, event.reading, at)
  if (event.type === 'parked' && event.hold.service !== undefined) return state
  if (event.type === 'parked') return { ...resting(state, { ...event.hold, since: seq }), heardAt: at }
  if (event.type !== 'finished') return state
  const { outcome } = event
  if (outcome.kind === 'failed' && outcome.trouble.code === 'quota-ended')
    return { ...state, ended: { detail: outcome.trouble.detail, since: seq }, heardAt: at }
  if (outcome.kind !== 'done') return state
  // It began after they were told, and was served all the same.
  const ended = state.ended !== null && state.ended.since < admitted ? null : state.ended
  return { ...state, ended, rests: state.rests.filter(({ since, model }) => model !== null || since > admitted) }
}

/** Whether anything of it may be learned from this. */
export function teaches({ event }: Entry): boolean {
  return event.type === 'metered' || event.type === 'parked' || event.type === 'finished'
}

/** What holds a run of an account back at that moment; `model` as its session names it. */
export function holdOf(state: AccountState, model: string | null, now: EpochMs): Hold | null {
  const { runtime } = state
  let hold: Hold | null = null
  for (const rest of state.rests) {
    const isMeant = rest.model === null || (model?.toLowerCase().includes(rest.model) ?? false)
    if (!isMeant || rest.until <= now || (hold !== null && hold.until >= rest.until)) continue
    hold = { until: rest.until, runtime, window: rest.window, model: rest.model }
  }
  return hold
}

/** So long is waited where nobody says how long: then it is tried. */
const unknownForMs = 15 * 60_000
/** A moment that has passed already is not taken at its word. */
const leastMs = 60_000

/**
 * Until when a run is held back that was refused for its quota. A CLI tells the moment only when it changes: then it is
 * what an earlier run of the account was told.
 */
export function holdAfter(
  state: AccountState,
  refusal: { readonly window: string | null; readonly until: EpochMs | null },
  now: EpochMs,
): Hold {
  const { window } = refusal
  const model = modelOfWindow(window)
  const known = state.windows.find(({ name }) => name === window)?.resetsAt ?? null
  const rest = state.rests.find((each) => each.model === model && each.until > now)
  const full = state.windows.filter(({ name, used }) => modelOfWindow(name) === null && used !== null && used >= 1)
  const resets = full.flatMap(({ resetsAt }) => (resetsAt === null || resetsAt <= now ? [] : [resetsAt]))
  const told = [refusal.until, known, rest?.until ?? null].find((each) => each !== null && each > now)
  const guessed = resets.length > 0 ? Math.max(...resets) : now + (refusal.until === null ? unknownForMs : leastMs)
  return { until: told ?? guessed, runtime: state.runtime, window: window ?? rest?.window ?? null, model }
}

function hear(state: AccountState, reading: QuotaReading, at: EpochMs): AccountState {
  const { request, window } = reading
  const told = new Map(reading.windows.map((each) => [each.name, each]))
  const before = state.windows.map((each) => merged(each, told.get(each.name)))
  const known = new Set(state.windows.map(({ name }) => name))
  const windows = [...before, ...reading.windows.filter(({ name }) => !known.has(name))]
  const next = { ...state, windows, paid: request === null ? state.paid : request === 'paid', heardAt: at }
  // A sub-agent may have been refused, or a request that was served for money in the end: only a turn's own refusal counts.
  if (request === null || request === 'refused') return next
  const model = modelOfWindow(window)
  return { ...next, ended: null, rests: next.rests.filter((rest) => rest.model !== null && rest.model !== model) }
}

/** What is not told is as it was, but for a window that has begun anew since. */
function merged(before: QuotaWindow, told: QuotaWindow | undefined): QuotaWindow {
  if (told === undefined) return before
  const isAnew = told.resetsAt !== null && told.resetsAt !== before.resetsAt
  return {
    name: told.name,
    used: told.used ?? (isAnew ? null : before.used),
    resetsAt: told.resetsAt ?? before.resetsAt,
  }
}

function resting(state: AccountState, { until, window, model, since }: Rest): AccountState {
  const others = state.rests.filter((each) => each.model !== model)
  return { ...state, rests: [...others, { until, window, model, since }] }
}
