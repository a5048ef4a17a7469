import { messageOf, Problem } from '../../core/failure.ts'

/** How a problem of the database ends: another program is in the way, or nobody knows whether the server is there. */
type Trouble = 'locked' | 'unreachable' | 'world' | 'lasting' | 'bug'

/** SQLSTATE classes and codes (postgresql.org/docs/current/errcodes-appendix.html), the longest that fits counts. */
const codes: Readonly<Record<string, readonly [Trouble, string]>> = {
  '08': ['unreachable', 'cannot be reached'],
  '57P': ['unreachable', 'is being stopped or restarted, or has ended the connection'],
  '25P03': ['unreachable', 'has ended the connection, because the bot stood still in the middle of a change'],
  '25P04': ['unreachable', 'has ended the connection, because a change took too long'],
  '40': ['locked', 'could not do it beside somebody else'],
  '55P03': ['locked', 'is locked by somebody else; end what holds its lock'],
  '57014': ['locked', 'took too long; look at what else it does'],
  '53': ['world', 'is at its limits; look into its log'],
  '53100': ['world', 'has no room left on its disk; free some there'],
  '53200': ['world', 'has no memory left; give it more'],
  '53300': ['world', 'has no connection left; raise its max_connections: 8 for each bot and each machine'],
  '58': ['world', 'has trouble with its disk; look into its log'],
  '25006': ['world', 'takes nothing to write: it is a standby, or was set to read only'],
  '28': ['lasting', 'does not let the bot in; check the user and the password in OMC_DATABASE_URL'],
  '3D': ['lasting', 'has no database of that name; make it, or correct OMC_DATABASE_URL'],
  '42501': ['lasting', 'does not let this user do that; give it the rights to make tables and to change them'],
}

/** What the system says when there is no server. */
const noServer: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** What PostgreSQL, or the way there, says went wrong, as a problem that says what to do. `name`: of the database, without a secret. */
export function inWords(name: string, error: unknown): unknown {
  if (error instanceof Problem) return error
  const [trouble, words] = troubleOf(error)
  const text = words === '' ? `: ${messageOf(error)}` : ` ${words} (${messageOf(error)})`
  return new Problem(trouble === 'bug' ? 'bug' : 'wire', `The database ${name}${text}. Nothing was written.`, {
    cause: error,
  })
}

/** Whether the same may work in a moment, because somebody else was in the way. */
export function isBusyThere(error: unknown): boolean {
  return error instanceof Problem && troubleOf(error.cause)[0] === 'locked'
}

/** Whether the connection is gone: what was asked last may have been done all the same. */
export function isCutOff(error: unknown): boolean {
  return troubleOf(error instanceof Problem ? error.cause : error)[0] === 'unreachable'
}

/** Whether the same may work some time later without anybody's changing what is asked. */
export function isPassing(error: unknown): boolean {
  return ['unreachable', 'locked', 'world'].includes(troubleOf(error)[0])
}

/** At the start what only a person can mend is refused, so that no supervisor tries it again and again. */
export function refusedAtStart(error: unknown): unknown {
  if (!(error instanceof Problem) || error.kind !== 'wire' || troubleOf(error.cause)[0] !== 'lasting') return error
  return new Problem('refused', error.message, { cause: error.cause })
}

function troubleOf(error: unknown): readonly [Trouble, string] {
  if (!(error instanceof Error)) return ['bug', '']
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (noServer.has(code)) return ['unreachable', 'cannot be reached']
  for (let length = code.length; length >= 2; length--) {
    const known = codes[code.slice(0, length)]
    if (known !== undefined) return known
  }
  // pg itself has no code for a connection that was cut, or that did not come about in time.
  return code === '' && /connection|timeout|not queryable/i.test(error.message)
    ? ['unreachable', 'cannot be reached']
    : ['bug', '']
}
