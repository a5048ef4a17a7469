import { ModelRefusal } from '../events.ts'

/** A failure of the model's service, in the CLI's words (facts/claude-cli.md section 5). */
export interface ServiceTrouble {
  /** What a person reads. */
  readonly text: string
  /** `error` of a retry, and of the line that ends it. */
  readonly retry: string
  readonly final: string
  readonly status: number | null
  readonly requestId: string | null
}

export const notLoggedIn: ServiceTrouble = {
  text: 'Not logged in · Please run /login',
  retry: 'authentication_failed',
  final: 'authentication_failed',
  status: null,
  requestId: null,
}

export function troubleOf(error: unknown, host: string): ServiceTrouble {
  if (!(error instanceof ModelRefusal)) {
    const text = 'API Error: Unable to connect to API (ECONNRESET)'
    return { text, retry: 'unknown', final: 'server_error', status: null, requestId: null }
  }
  const { status, message, requestId } = error
  const of = (retry: string, text: string, final = retry): ServiceTrouble => ({
    text,
    retry,
    final,
    status,
    requestId,
  })
  if (status === 401) return of('authentication_failed', 'Invalid API key · Fix external API key')
  if (status === 403) return of('authentication_failed', `Failed to authenticate. API Error: 403 ${message}`)
  if (status === 429) return of('rate_limit', `API Error: Request rejected (429) · ${message}`)
  const hint = `This is a server-side issue, usually temporary — try again in a moment. If it persists, check your inference gateway (${host}).`
  if (status === 529) return of('overloaded', `API Error: 529 Overloaded. ${hint}`, 'server_error')
  if (status >= 500) return of('server_error', `API Error: ${status} ${message}. ${hint}`)
  return of('unknown', `API Error: ${status} ${message}`)
}
