import type { ServiceTrouble, Trouble } from '../../core/failure.ts'
import { numberAt, objectAt, stringAt, type JsonObject } from '../engine/json.ts'
import { refusalOf } from './limit.ts'

/** What the server had said of the account before a failure, and when. */
export interface QuotaHints {
  readonly rateLimits: JsonObject
  readonly at: number | null
  /** That was asked; null: nobody said. */
  readonly model: string | null
}

interface Failure {
  readonly detail: string
  readonly status: number | null
  readonly hints: QuotaHints
}

type Row = (failure: Failure) => Trouble

const auth: Row = ({ detail }) => ({ code: 'auth-failed', detail })
const ended: Row = ({ detail }) => ({ code: 'turn-limit', detail })
const declined: Row = ({ detail }) => ({ code: 'model-declined', detail })
const overloaded: Row = (failure) => busy(failure, 'overloaded')
/**
 * What the server's words for a failure (`codexErrorInfo`) become: every one that the tested version can say has a row
 * (test/golden/codex).
 */
export const errorRows: Readonly<Record<string, Row>> = {
  contextWindowExceeded: ({ detail }) => ({ code: 'context-full', detail }),
  sessionBudgetExceeded: ended,
  usageLimitExceeded: ({ detail, hints }) => refusalOf(detail, hints.rateLimits, hints.at, hints.model),
  rateLimitExceeded: (failure) => busy(failure, 'slower'),
  flexUnavailable: overloaded,
  serverOverloaded: overloaded,
  policyCapacityUnavailable: overloaded,
  modelNotFound: ({ detail }) => ({ code: 'model-unknown', detail }),
  inferenceHookDenied: ended,
  tooManyDenials: ended,
  cyberPolicy: declined,
  misalignmentPolicyViolation: declined,
  httpConnectionFailed: byStatus,
  responseStreamConnectionFailed: byStatus,
  responseStreamDisconnected: byStatus,
  responseTooManyFailedAttempts: byStatus,
  internalServerError: (failure) => busy(failure, 'failing'),
  unauthorized: auth,
  badRequest: byWords,
  threadRollbackFailed: byWords,
  sandboxError: ({ detail }) => ({ code: 'start-failed', detail }),
  activeTurnNotSteerable: byWords,
  other: byWords,
}

/** What the server said of a failure: `{message, codexErrorInfo}`, where the info is a word or `{word: {…}}`. */
export function troubleOf(error: JsonObject, hints: QuotaHints): Trouble {
  const { word, status } = infoOf(error['codexErrorInfo'])
  const detail = stringAt(error['message']) || word || 'the turn failed without a word'
  return (errorRows[word] ?? byWords)({ detail, status, hints })
}

/** Why the model is asked again, while the turn goes on. */
export function retryOf(error: JsonObject): ServiceTrouble | null {
  const { word, status } = infoOf(error['codexErrorInfo'])
  if (status === 401 || status === 403) return null
  const words = `${stringAt(error['message'])} ${stringAt(error['additionalDetails'])}`
  if (status === null && toldToWait.test(words)) return 'slower'
  const { code, ...rest } = byStatus({ detail: word, status, hints: { rateLimits: {}, at: null, model: null } })
  return code === 'service-busy' && 'why' in rest ? rest.why : 'failing'
}

/** What a service says in the stream itself, which has no status: the CLI waits by these words. */
const toldToWait = /rate limit|try again in [\d.]+ ?(?:ms|s)/i

/** Without a status nobody answered, or the answer broke off. */
function byStatus(failure: Failure): Trouble {
  const { detail, status } = failure
  if (status === null) return busy(failure, 'unreachable')
  if (status === 401 || status === 403) return auth(failure)
  if (status === 429) return busy(failure, 'slower')
  if (status === 413) return { code: 'too-large', detail }
  if (status === 408 || status >= 500) return busy(failure, status === 503 || status === 529 ? 'overloaded' : 'failing')
  return { code: 'model-failed', detail, status }
}

/** Where the server has no word of its own, its sentence tells. */
function byWords(failure: Failure): Trouble {
  const { detail, status } = failure
  if (status !== null) return byStatus(failure)
  if (helperFailed.test(detail)) return busy(failure, 'failing')
  if (/high demand|overloaded|at capacity/i.test(detail)) return busy(failure, 'overloaded')
  if (/stream (?:disconnected|closed|error)|connection (?:reset|closed|refused)|error sending request/i.test(detail))
    return busy(failure, 'unreachable')
  if (/context (?:window|length)/i.test(detail)) return { code: 'context-full', detail }
  return { code: 'model-failed', detail, status }
}

function busy({ detail }: Failure, why: ServiceTrouble): Trouble {
  return { code: 'service-busy', detail, why }
}

/**
 * Its sandbox looks what is shut and then shuts it: a file that goes away or is replaced in between (a lock of ours, at a
 * restart) fails the opening of a conversation, or a turn that has not begun yet. The next time goes well.
 */
const helperFailed = /fs sandbox helper failed/

/** Why a conversation could not be opened. */
export function openTrouble(message: string): Trouble {
  if (helperFailed.test(message)) return { code: 'service-busy', detail: message, why: 'failing' }
  const isGone = /no rollout found|invalid session id|is archived/.test(message)
  return { code: isGone ? 'conversation-gone' : 'start-failed', detail: message }
}

function infoOf(info: unknown): { readonly word: string; readonly status: number | null } {
  if (typeof info === 'string') return { word: info, status: null }
  const [word = ''] = Object.keys(objectAt(info))
  return { word, status: numberAt(objectAt(objectAt(info)[word])['httpStatusCode']) }
}
