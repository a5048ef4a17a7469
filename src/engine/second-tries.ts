import { holdAfter, type Accounts } from '../core/account.ts'
import type { Clock } from '../core/clock.ts'
import { noUsage, type RunEvent } from '../core/event.ts'
import type { Log } from '../core/log.ts'
import type { LoginWatch } from '../core/login-watch.ts'
import type { Hold } from '../core/quota.ts'
import type { Turn } from '../core/runtime.ts'
import type { Timings } from '../core/timings.ts'
import { retry } from '../system/back-off.ts'

/** A prompt whose process went away this often is not tried again. */
export const attemptLimit = 3

/** Of an attempt whose end is about to be written. */
export interface Attempt {
  readonly turn: Turn
  readonly isStopped: boolean
  /** An earlier attempt found its conversation gone. */
  readonly isForgotten: boolean
  /** An earlier attempt was not let in by its login. */
  readonly isRefused: boolean
  /** The budget that it is to be parked for. */
  readonly held: Hold | null
}

export interface SecondTryTools {
  readonly vault: { readonly accounts: Pick<Accounts, 'of'> }
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly timings: Pick<Timings, 'loginAgainAfterMs' | 'rideOutMs'>
  readonly logins: Pick<LoginWatch, 'failed' | 'served'>
}

/** How often a turn's process was lost already. */
export function lossesBefore({ attempt, parks }: Pick<Turn, 'attempt' | 'parks'>): number {
  return attempt - 1 - parks
}

/** What is written in the place of an event that would end the run, where it can go on by itself. */
export async function insteadOf(event: RunEvent, attempt: Attempt, tools: SecondTryTools): Promise<RunEvent> {
  return parked(anew(unlessTooOften(event, attempt), attempt, tools), attempt, tools)
}

function unlessTooOften(event: RunEvent, { turn }: Attempt): RunEvent {
  const times = lossesBefore(turn) + 1
  if (event.type !== 'lost' || times < attemptLimit) return event
  const trouble = { code: 'lost-too-often', times } as const
  return { type: 'finished', outcome: { kind: 'failed', trouble, usage: noUsage } }
}

/**
 * A conversation that the CLI no longer knows, or that is full, is set aside, and the prompt gets an attempt in a fresh
 * one: once, so that a CLI which never finds one cannot go round in circles.
 */
function anew(event: RunEvent, { turn, isForgotten, isStopped }: Attempt, { log }: SecondTryTools): RunEvent {
  if (event.type !== 'finished' || event.outcome.kind !== 'failed' || isForgotten) return event
  const { trouble } = event.outcome
  if ((trouble.code !== 'conversation-gone' && trouble.code !== 'context-full') || isStopped) return event
  log.warn({ run: turn.run, session: turn.session.id }, 'conversation.forgotten')
  return { type: 'forgotten', detail: trouble.detail, ...(trouble.code === 'context-full' ? { full: true } : {}) }
}

/**
 * A run that was refused for want of quota goes on by itself when there is some again; one whose model's service is in
 * trouble is tried again with growing pauses, and one whose login was not taken is tried once more: nobody has to send a
 * prompt again because of some bad minutes.
 */
async function parked(
  event: RunEvent,
  { turn, held, isStopped, isRefused }: Attempt,
  { vault, clock, log, signal, timings, logins }: SecondTryTools,
): Promise<RunEvent> {
  if (held !== null && !isStopped) {
    if (event.type === 'lost') return { type: 'parked', hold: held, usage: noUsage }
    if (event.type === 'finished' && event.outcome.kind === 'stopped')
      return { type: 'parked', hold: held, usage: event.outcome.usage }
  }
  if (event.type !== 'finished') return event
  const { runtime, account } = turn.session
  if (event.outcome.kind === 'done') logins.served(runtime, account)
  if (event.outcome.kind !== 'failed' || isStopped) return event
  const { trouble, usage } = event.outcome
  const waits = { runtime, window: null, model: null }
  if (trouble.code === 'auth-failed') {
    if (isRefused || !logins.failed(runtime, account)) return event
    log.warn({ run: turn.run, detail: trouble.detail }, 'run.login-refused')
    const until = clock.now() + timings.loginAgainAfterMs
    return { type: 'parked', hold: { until, ...waits, service: 'login' }, usage }
  }
  const pause = timings.rideOutMs[turn.parks]
  if (trouble.code === 'service-busy' && pause !== undefined) {
    log.warn({ run: turn.run, why: trouble.why, detail: trouble.detail, pause }, 'run.service-busy')
    return { type: 'parked', hold: { until: clock.now() + pause, ...waits, service: trouble.why }, usage }
  }
  if (trouble.code !== 'quota-full') return event
  const tools = { clock, log, signal }
  const known = await retry(tools, 'account', () => vault.accounts.of(runtime, account))
  return { type: 'parked', hold: holdAfter(known, trouble, clock.now()), usage }
}
