import type { RunEvent } from '../../core/event.ts'
import { allTokens, type Tokens } from '../../core/spending.ts'

/** What a CLI has counted of one model or one conversation since it began to count. */
export interface Counted {
  readonly model: string | null
  readonly tokens: Tokens
  readonly costUsd: number | null
}

/** By model, or by conversation: whatever the CLI counts by. */
export type TokenCounts = Readonly<Record<string, Counted>>

/** What is counted now and was not before. A count that is told again, or anew from nothing, says nothing. */
export function usedSince(before: TokenCounts, now: TokenCounts): readonly RunEvent[] {
  return Object.entries(now).flatMap(([key, { model, tokens, costUsd }]): readonly RunEvent[] => {
    const was = before[key]
    const more = was === undefined ? tokens : lessTokens(tokens, was.tokens)
    const cost = costUsd === null ? null : Math.max(0, costUsd - (was?.costUsd ?? 0))
    if (allTokens(more) === 0 && (cost ?? 0) === 0) return []
    return [{ type: 'used', spend: { model, tokens: more, costUsd: cost, estimated: false } }]
  })
}

function lessTokens(a: Tokens, b: Tokens): Tokens {
  const less = (name: keyof Tokens): number => Math.max(0, a[name] - b[name])
  return { input: less('input'), cacheRead: less('cacheRead'), cacheWrite: less('cacheWrite'), output: less('output') }
}
