import type { QuotaReading, QuotaWindow } from '../../core/quota.ts'
import type { Trouble } from '../../core/failure.ts'
import type { LimitLine } from './line.ts'

/** What a line about the login's quota says; null: nothing that was not known before it. */
export function readingOf(line: LimitLine): QuotaReading | null {
  const { status, window, paid, used, overage } = line
  const request = status === 'rejected' ? (paid ? 'paid' : 'refused') : status.startsWith('allowed') ? 'served' : null
  // A refusal that names no quota is the service's own trouble.
  if (request === null || (request === 'refused' && window === null)) return null
  const { resetsAt } = line
  const windows: QuotaWindow[] =
    window === null ? [] : [{ name: window, used: status === 'rejected' ? 1 : used, resetsAt }]
  if (overage.resetsAt !== null && window !== 'overage')
    windows.push({ name: 'overage', used: null, resetsAt: overage.resetsAt })
  return { windows, request, window }
}

/** Words of a turn that was refused, by the quota that they name: the line is told only when something changes. */
const quotas: readonly (readonly [RegExp, string | null])[] = [
  [/hit your session limit/i, 'five_hour'],
  [/hit your weekly limit/i, 'seven_day'],
  [/hit your opus limit/i, 'seven_day_opus'],
  [/hit your sonnet limit/i, 'seven_day_sonnet'],
  [/hit your [\w ]*limit/i, null],
]

/** Nothing is served until somebody pays or changes the plan. */
const endings: ReadonlySet<string> = new Set(['credits_required', 'out_of_credits'])

/**
 * Why a turn was refused with "rate limit": its quota is used up, nothing is left at all, or the service has too much to
 * do. `line`: the last that was told in this turn; null: none.
 */
export function refusalOf(detail: string, line: LimitLine | null): Trouble {
  const told = line?.status === 'rejected' && !line.paid ? line : null
  if (told !== null && told.resetsAt === null && endings.has(told.reason)) return { code: 'quota-ended', detail }
  if (told !== null && told.window !== null)
    return { code: 'quota-full', detail, window: told.window, until: told.resetsAt }
  const named = told === null ? quotas.find(([words]) => words.test(detail)) : undefined
  if (named !== undefined) return { code: 'quota-full', detail, window: named[1], until: null }
  return { code: 'rate-limited', detail, until: null }
}
