import type { RunEvent } from '../../core/event.ts'
import { allTokens, type Tokens } from '../../core/spending.ts'
import type { JsonObject } from './json.ts'

/** What a CLI has counted of one model or one conversation since it began to count. */
export interface Counted {
  readonly model: string | null
  readonly tokens: Tokens
  readonly costUsd: number | null
}

/** By model, or by conversation: whatever the CLI counts by. */
export type TokenCounts = Readonly<Record<string, Counted>>

/** No conversation has more: the books would be good for nothing if they believed it. */
const mostTokens = 1e12
const mostDollars = 1e5

/** How many tokens a CLI says it are; null: that can be no count. What is not there is none. */
export function countAt(value: unknown): number | null {
  if (value === undefined || value === null) return 0
  return typeof value === 'number' && value >= 0 && value <= mostTokens ? Math.round(value) : null
}

/** What a CLI says it costs; null: it does not say, or that can be no price. */
export function dollarsAt(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= mostDollars ? value : null
}

/** Tokens by their names on the wire; null: one of them can be no count, so none of them is believed. */
export function tokensAt(from: JsonObject, names: Readonly<Record<keyof Tokens, string>>): Tokens | null {
  const of = (name: keyof Tokens): number | null => countAt(from[names[name]])
  const [input, cacheRead, cacheWrite, output] = [of('input'), of('cacheRead'), of('cacheWrite'), of('output')]
  if (input === null || cacheRead === null || cacheWrite === null || output === null) return null
  return { input, cacheRead, cacheWrite, output }
}

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
