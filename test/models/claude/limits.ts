import type { ModelHeaders } from '../events.ts'
import type { Json } from './lines.ts'

const prefix = 'anthropic-ratelimit-unified-'

/** What the CLI says of a subscription's quota after an answer, in its own words (facts: only where a login is one). */
export function limitOf(headers: ModelHeaders, isRefused: boolean): Json {
  const of = (name: string): string | undefined => headers[prefix + name] as string | undefined
  const number = (name: string): number | undefined => (of(name) === undefined ? undefined : Number(of(name)))
  const isPaid = of('overage-in-use') === 'true'
  return {
    status: of('status') ?? (isRefused ? 'rejected' : 'allowed'),
    resetsAt: number('reset'),
    rateLimitType: of('representative-claim'),
    utilization: number('5h-utilization'),
    overageStatus: of('overage-status'),
    overageResetsAt: number('overage-reset'),
    overageDisabledReason: of('overage-disabled-reason'),
    isUsingOverage: isPaid,
    ...(isPaid ? { overageInUse: true } : {}),
    errorCode: of('overage-disabled-reason') === 'out_of_credits' ? 'credits_required' : undefined,
  }
}

const quotas: Readonly<Record<string, string>> = {
  five_hour: 'session limit',
  seven_day: 'weekly limit',
  seven_day_opus: 'Opus limit',
  seven_day_sonnet: 'Sonnet limit',
}

/** What a person is told of a refusal. */
export function refusalText(limit: Json, message: string): string {
  const { rateLimitType } = limit
  if (rateLimitType === undefined)
    return `API Error: Server is temporarily limiting requests (not your usage limit) · ${message}`
  return `You've hit your ${quotas[rateLimitType as string] ?? 'limit'} · resets 3:41am (UTC)`
}
