import type { QuotaReading, QuotaWindow } from '../../core/quota.ts'
import type { Trouble } from '../../core/failure.ts'
import { momentAt, numberAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

const names: ReadonlyMap<number, string> = new Map([
  [300, 'five_hour'],
  [10_080, 'seven_day'],
])

/** Beside the account's own limits the service has some for certain models alone; '': the account's own. */
function familyOf(rateLimits: JsonObject): string {
  const id = stringAt(rateLimits['limitId'])
  return id === 'codex' ? '' : id
}

/** What the server says of the account's windows; null: nothing. It says so after each answer, changed or not. */
export function readingOf(rateLimits: JsonObject): QuotaReading | null {
  const windows = windowsOf(rateLimits)
  return windows.length === 0 ? null : { windows, request: null, window: null }
}

/** Nothing is served until somebody pays or changes the plan: the service says so in one word with a quota that refills. */
const endings = /quota exceeded|check your plan and billing|out of credits|to use codex with your/i

/**
 * Why a turn was refused with `usageLimitExceeded`. `rateLimits`: what the server said last in this turn; `at`: when it
 * said that, by its own clock; `model`: that was asked.
 */
export function refusalOf(detail: string, rateLimits: JsonObject, at: number | null, model: string | null): Trouble {
  const reached = stringAt(rateLimits['rateLimitReachedType'])
  if (reached.endsWith('credits_depleted') || endings.test(detail)) return { code: 'quota-ended', detail }
  const full = windowsOf(rateLimits)
    .filter(({ used, resetsAt }) => used !== null && used >= 1 && resetsAt !== null)
    .sort((a, b) => (b.resetsAt ?? 0) - (a.resetsAt ?? 0))[0]
  const only = familyOf(rateLimits) === '' || model === null ? {} : { model }
  if (full !== undefined) return { code: 'quota-full', detail, window: full.name, until: full.resetsAt, ...only }
  return { code: 'quota-full', detail, window: null, until: at === null ? null : momentIn(detail, at), ...only }
}

function windowsOf(rateLimits: JsonObject): readonly QuotaWindow[] {
  return ['primary', 'secondary'].flatMap((which) => {
    const window = objectAt(rateLimits[which])
    const percent = numberAt(window['usedPercent'])
    if (percent === null || percent < 0) return []
    const minutes = numberAt(window['windowDurationMins'])
    const length = names.get(minutes ?? 0) ?? (minutes === null ? which : `${minutes}_minutes`)
    const family = familyOf(rateLimits)
    const name = family === '' ? length : `${family}:${length}`
    return [{ name, used: percent / 100, resetsAt: momentAt(window['resetsAt']) }]
  })
}

/** `try again at 2:46 AM.`, or with a day before it: the machine's own time, as the CLI writes it. */
function momentIn(text: string, now: number): number | null {
  const found =
    /[Tt]ry again at (?:([A-Z][a-z]{2} \d{1,2})(?:st|nd|rd|th)?, (\d{4}),? )?(\d{1,2}):(\d{2}) ?([AP]M)/.exec(text)
  if (found === null) return null
  const [, day = '', year = '', hours = '', minutes = '', half] = found
  const moment = day === '' ? new Date(now) : new Date(`${day}, ${year}`)
  moment.setHours((Number(hours) % 12) + (half === 'PM' ? 12 : 0), Number(minutes), 0, 0)
  if (Number.isNaN(moment.getTime())) return null
  if (day === '' && moment.getTime() < now - 60_000) moment.setDate(moment.getDate() + 1)
  return moment.getTime() + 60_000
}
