import { readFileSync } from 'node:fs'
import { writeAtomically } from '../system/atomic-file.ts'
import { underLock } from './folder-lock.ts'
import { fieldsOf, textAt, type Fields } from './json-file.ts'

/** What is remembered of renewing one login: kept in `token-refresh.json`, by the login's path. */
export interface RenewalState {
  /** In a row. */
  readonly failures: number
  readonly failedAt: number | null
  /** Why the last one failed, in a few English words. */
  readonly reason: string | null
  readonly lastRefresh: number | null
  /** Which refresh token the failures are about (its digest): with another one in the file they are over. */
  readonly token: string | null
  /** That token will never be taken again. */
  readonly dead: boolean
}

export const untried: RenewalState = {
  failures: 0,
  failedAt: null,
  reason: null,
  lastRefresh: null,
  token: null,
  dead: false,
}

/** After so many failures in a row nobody tries by itself any more. */
export const mostFailures = 10

/** The wait after so many failures; after more, the last one. */
const waitsMs = [0, 0, 60_000, 120_000, 240_000, 480_000, 600_000] as const
const longestMs = 600_000

/** As it counts for this token: failures with another one are over. */
export function stateFor(state: RenewalState, token: string): RenewalState {
  // Taken over from the seed: it did not say which.
  return state.token === token || state.token === null ? state : { ...untried, lastRefresh: state.lastRefresh }
}

/**
 * Whether a renewal may be tried now. `wanted`: somebody's run waits for it, so that it is tried once in ten minutes even
 * when nobody tries by itself any more.
 */
export function mayTry({ failures, failedAt, dead }: RenewalState, wanted: boolean, now: number): boolean {
  if (dead) return false
  // A clock that was set back makes nobody wait.
  if (failedAt === null || failedAt > now) return true
  if (failures >= mostFailures) return wanted && now >= failedAt + longestMs
  return now >= failedAt + (waitsMs[failures] ?? longestMs)
}

/** When it is tried again by itself; null: it need not, or will not be. */
export function triedAgainInMs(state: RenewalState, now: number): number | null {
  if (state.failures === 0 || state.failedAt === null || isGivenUp(state)) return null
  return state.failedAt + (waitsMs[state.failures] ?? longestMs) - now
}

/** Nobody tries it by itself any more. */
export function isGivenUp({ failures, dead }: RenewalState): boolean {
  return dead || failures >= mostFailures
}

/** Renewed with that token, or not. */
export function stateAfter(
  state: RenewalState,
  token: string,
  told: { readonly ok: boolean; readonly reason: string | null; readonly dead: boolean },
  now: number,
): RenewalState {
  if (told.ok) return { ...untried, lastRefresh: now }
  const { failures, lastRefresh } = stateFor(state, token)
  return { failures: failures + 1, failedAt: now, reason: told.reason, lastRefresh, token, dead: told.dead }
}

/** What is kept, by path. `corrupt`: there is something that nobody can read; then the counters start anew. */
export function readRecord(file: string): {
  readonly states: Readonly<Record<string, RenewalState>>
  readonly corrupt: boolean
  readonly there: boolean
} {
  try {
    const kept = fieldsOf(fieldsOf(JSON.parse(readFileSync(file, 'utf8')))['logins'])
    const states = Object.entries(kept).map(([path, state]) => [path, stateIn(fieldsOf(state))] as const)
    return { states: Object.fromEntries(states), corrupt: false, there: true }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { states: {}, corrupt: !isMissing, there: !isMissing }
  }
}

export function readState(file: string, path: string): RenewalState {
  return readRecord(file).states[path] ?? untried
}

/** Changes what is kept of one login. Several programs do that at once. */
export async function changeState(
  file: string,
  path: string,
  change: (state: RenewalState) => RenewalState,
): Promise<void> {
  await underLock(`${file}.lock`, async () => {
    const { states } = readRecord(file)
    const logins = { ...states, [path]: change(states[path] ?? untried) }
    writeAtomically(file, `${JSON.stringify({ version: 1, logins }, null, 2)}\n`)
  })
}

/** Whatever of it is there and makes sense: an operator may have written in it, and the seed had fewer fields. */
export function stateIn(fields: Fields): RenewalState {
  const number = (...names: readonly string[]): number | null => {
    const found = names.map((name) => momentIn(fields[name])).find((each) => each !== null)
    return found ?? null
  }
  return {
    failures: Math.min(1000, Math.trunc(number('failures', 'refreshFailures', 'consecutiveFailures') ?? 0)),
    failedAt: number('failedAt', 'lastFailureAt', 'lastFailure'),
    reason: textAt(fields, 'reason'),
    lastRefresh: number('lastRefresh', 'lastRefreshAt'),
    token: textAt(fields, 'token'),
    dead: fields['dead'] === true,
  }
}

function momentIn(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  const read = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(read) ? null : read
}
