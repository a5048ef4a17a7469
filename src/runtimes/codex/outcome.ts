import type { Trouble } from '../../core/failure.ts'
import { numberAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { refusalOf } from './limit.ts'

/** What the server had said of the account before a failure, and when. */
export interface QuotaHints {
  readonly rateLimits: JsonObject
  readonly at: number | null
}

/** What the server said of a failure: `{message, codexErrorInfo}`, where the info is a word or `{word: {…}}`. */
export function troubleOf(error: JsonObject, { rateLimits, at }: QuotaHints): Trouble {
  const { word, status } = infoOf(error['codexErrorInfo'])
  const detail = stringAt(error['message']) || word || 'the turn failed without a word'
  if (word === 'unauthorized' || status === 401 || status === 403) return { code: 'auth-failed', detail }
  if (word === 'usageLimitExceeded') return refusalOf(detail, rateLimits, at)
  const isLimit = word === 'rateLimitExceeded' || word === 'sessionBudgetExceeded'
  if (isLimit || status === 429) return { code: 'rate-limited', detail, until: null }
  return { code: 'model-failed', detail, status }
}

/** Why a conversation could not be opened. */
export function openTrouble(message: string): Trouble {
  const isGone = /no rollout found|invalid session id|is archived/.test(message)
  return { code: isGone ? 'conversation-gone' : 'start-failed', detail: message }
}

function infoOf(info: unknown): { readonly word: string; readonly status: number | null } {
  if (typeof info === 'string') return { word: info, status: null }
  const [word = ''] = Object.keys(objectAt(info))
  return { word, status: numberAt(objectAt(objectAt(info)[word])['httpStatusCode']) }
}
