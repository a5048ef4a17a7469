import type { Trouble } from '../../core/failure.ts'
import { numberAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'

/** What the server said of a failure: `{message, codexErrorInfo}`, where the info is a word or `{word: {…}}`. */
export function troubleOf(error: JsonObject, resetsAt: number | null): Trouble {
  const { word, status } = infoOf(error['codexErrorInfo'])
  const detail = stringAt(error['message']) || word || 'the turn failed without a word'
  if (word === 'unauthorized' || status === 401 || status === 403) return { code: 'auth-failed', detail }
  const isLimit = ['usageLimitExceeded', 'rateLimitExceeded', 'sessionBudgetExceeded'].includes(word)
  if (isLimit || status === 429)
    return { code: 'rate-limited', detail, until: resetsAt === null ? null : resetsAt * 1000 }
  return { code: 'model-failed', detail, status }
}

/** Why a conversation could not be opened. */
export function openTrouble(message: string): Trouble {
  const isGone = /no rollout found|invalid session id|is archived/.test(message)
  return { code: isGone ? 'conversation-gone' : 'start-failed', detail: message }
}

/** When the limit that is used up is lifted, in seconds since 1970; null: none is, or nobody says when. */
export function resetOf(rateLimits: JsonObject): number | null {
  const used = ['primary', 'secondary']
    .map((name) => objectAt(rateLimits[name]))
    .filter((window) => (numberAt(window['usedPercent']) ?? 0) >= 100)
    .flatMap((window) => numberAt(window['resetsAt']) ?? [])
  return used.length === 0 ? null : Math.max(...used)
}

function infoOf(info: unknown): { readonly word: string; readonly status: number | null } {
  if (typeof info === 'string') return { word: info, status: null }
  const [word = ''] = Object.keys(objectAt(info))
  return { word, status: numberAt(objectAt(objectAt(info)[word])['httpStatusCode']) }
}
