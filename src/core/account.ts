import type { EpochMs } from './clock.ts'
import type { Entry } from './event.ts'
import type { AccountId, PersonId, RuntimeName, Seq } from './ids.ts'
import type { Hold, QuotaReading, QuotaWindow } from './quota.ts'

/** That an account, or one model of it, serves nothing before a moment. */
export interface Rest extends Omit<Hold, 'runtime' | 'reserve'> {
  /** Where the journal said so: what began later and went well ends it. */
  readonly since: Seq
}

/** A login of an agent, as the operator has named it; `default` is the one without a name. */
export interface AccountSlot {
  readonly runtime: RuntimeName
  readonly account: AccountId
  /** Sessions may be moved to it and from it. */
  readonly shared: boolean
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

/** A person's part of a window, and what is kept of it for the others. */
export interface WindowPart {
  readonly account: Pick<AccountState, 'runtime' | 'account'>
  readonly window: string
  /** How much of the window is theirs, 0 to 1: an estimate by the tokens of everybody. */
  readonly own: number
  /** So much of it is kept for each person, until they have had it or the window ends. */
  readonly each: number
  /** How many people share it. */
  readonly people: number
  /** How much of it nobody has used. */
  readonly left: number
  /** Until when that is for others, or was; null: it is theirs as well. */
  readonly until: EpochMs | null
}

/** What is known of the logins. Part of the vault door; the journal writes it. */
export interface Accounts {
  /** Every account that a run has told of. */
  all(): Promise<readonly AccountState[]>
  of(runtime: RuntimeName, account: AccountId): Promise<AccountState>
  /** Where a person stands in the windows of all of them, as far as that is known. */
  parts(person: PersonId, at: EpochMs): Promise<readonly WindowPart[]>
  /** An owner sets it aside until then: nothing begins with it. A later word takes the place of an earlier one. */
  rest(runtime: RuntimeName, account: AccountId, until: EpochMs, by: PersonId): Promise<void>
  /** It serves again. False: nobody had set it aside. */
  unrest(runtime: RuntimeName, account: AccountId): Promise<boolean>
}

/** Stands for a window where it is no quota, but an owner who has set the account aside. */
export const restedByHand = 'by-hand'

/** Those that are configured still: what the others had left is of no use to anybody. Of an agent without slots, all are. */
export function configured(all: readonly AccountState[], slots: readonly AccountSlot[]): readonly AccountState[] {
  return all.filter(({ runtime, account }) => {
    const own = slots.filter((slot) => slot.runtime === runtime)
    return own.length === 0 || own.some((slot) => slot.account === account)
  })
}

/** An account of which nothing is known. */
export function unheardOf(runtime: RuntimeName, account: AccountId): AccountState {
  return { runtime, account, windows: [], paid: false, rests: [], ended: null, heardAt: null }
}

/** The only model that a window is about; null: it is the account's. */
export function modelOfWindow(window: string | null): string | null {
  return /^seven_day_(opus|sonnet|haiku)$/.exec(window ?? '')?.[1] ?? null
}

/** Whether a window is about all that the account serves. */
function isOfAll(window: string): boolean {
  return modelOfWindow(window) === null && !window.includes(':')
}

/** What is known after one more entry of one of its runs, which was admitted at that position. */
export function learn(state: AccountState, { event, at, seq }: Entry, admitted: Seq): AccountState {
  if (event.type === 'metered') return hear(state, event.reading, at)
  if (event.type === 'parked' && (event.hold.service ?? event.hold.budget) !== undefined) return state
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

/**
 * What an account, or one model of it, is not to be asked for at that moment. One that would last longer than any does
 * was told by a clock that has been set back since: it is tried.
 */
export function restsAt({ rests }: Pick<AccountState, 'rests'>, now: EpochMs): readonly Rest[] {
  return rests.filter(({ until, window, guessed }) => {
    const most = window === restedByHand ? Number.POSITIVE_INFINITY : guessed === true ? unknownForMs : mostMs
    return until > now && until <= now + most
  })
}

/** What holds a run of an account back at that moment; `model` as its session names it. */
export function holdOf(state: AccountState, model: string | null, now: EpochMs): Hold | null {
  const { runtime } = state
  let hold: Hold | null = null
  for (const rest of restsAt(state, now)) {
    const isMeant = rest.model === null || (model?.toLowerCase().includes(rest.model) ?? false)
    if (!isMeant || (hold !== null && hold.until >= rest.until)) continue
    hold = { until: rest.until, runtime, window: rest.window, model: rest.model }
  }
  return hold
}

/** So long is waited where nobody says how long: then it is tried. */
const unknownForMs = 15 * 60_000
/** A moment that has passed already is not taken at its word, */
const leastMs = 60_000
/** nor one that is further away than any window lasts: the clock here was set, or what was told makes no sense. */
const mostMs = 32 * 86_400_000

/**
 * Until when a run is held back that was refused for its quota. A CLI tells the moment only when it changes: then it is
 * what an earlier run of the account was told.
 */
export function holdAfter(
  state: AccountState,
  refusal: { readonly window: string | null; readonly until: EpochMs | null; readonly model?: string },
  now: EpochMs,
): Hold {
  const { window } = refusal
  const model = refusal.model?.toLowerCase() ?? modelOfWindow(window)
  const known = state.windows.find(({ name }) => name === window)?.resetsAt ?? null
  const isToCome = (moment: EpochMs): boolean => moment > now && moment <= now + mostMs
  const rest = state.rests.find((each) => each.model === model && isToCome(each.until) && each.window !== restedByHand)
  const full = state.windows.filter(({ name, used }) => isOfAll(name) && used !== null && used >= 1)
  const resets = full.flatMap(({ resetsAt }) => (resetsAt === null || !isToCome(resetsAt) ? [] : [resetsAt]))
  const told = [refusal.until, known].find((each) => each !== null && isToCome(each))
  const hold = { runtime: state.runtime, window: window ?? rest?.window ?? null, model }
  if (told !== undefined && told !== null) return { until: told, ...hold }
  if (rest !== undefined)
    return { until: rest.until, ...hold, ...(rest.guessed === undefined ? {} : { guessed: true }) }
  if (resets.length > 0) return { until: Math.max(...resets), ...hold }
  return { until: now + (refusal.until === null ? unknownForMs : leastMs), ...hold, guessed: true }
}

/** No service has more of them: their names are its own words, and what is kept of an account is read at every look. */
const mostWindows = 12

function hear(state: AccountState, reading: QuotaReading, at: EpochMs): AccountState {
  const { request, window } = reading
  const told = new Map(reading.windows.map((each) => [each.name, each]))
  const before = state.windows.map((each) => merged(each, told.get(each.name)))
  const known = new Set(state.windows.map(({ name }) => name))
  const windows = [...before, ...reading.windows.filter(({ name }) => !known.has(name))].slice(-mostWindows)
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

function resting(state: AccountState, { until, window, model, since, guessed }: Rest): AccountState {
  const others = state.rests.filter((each) => each.model !== model)
  const rest = { until, window, model, since, ...(guessed === undefined ? {} : { guessed }) }
  return { ...state, rests: [...others, rest] }
}
