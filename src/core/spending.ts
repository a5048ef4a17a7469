import type { EpochMs } from './clock.ts'
import type { AccountId, PersonId, PlaceId, RuntimeName } from './ids.ts'

/** Tokens as a model's service counts them: each of them stands in one of these. */
export interface Tokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
}

/** What a run has used since it was last told. */
export interface Spend {
  /** Null: the CLI did not say which. */
  readonly model: string | null
  readonly tokens: Tokens
  /** What the CLI says it costs, at list prices; null: it does not say. */
  readonly costUsd: number | null
  /** Of a call that was broken off: its service counts it, its CLI does not. */
  readonly estimated: boolean
}

/** What one person has used of one model, in one channel and on one day. */
export interface LedgerLine extends Spend {
  /** `2026-11-28`, by UTC. */
  readonly day: string
  readonly person: PersonId
  readonly channel: PlaceId
  readonly runtime: RuntimeName
  readonly account: AccountId
}

/** Everything that was used. Part of the vault door; the journal writes it. */
export interface Ledger {
  /** The lines of that day and later ones, oldest first. */
  since(day: string): Promise<readonly LedgerLine[]>
}

export const noTokens: Tokens = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }

export function moreTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
  }
}

export function allTokens({ input, cacheRead, cacheWrite, output }: Tokens): number {
  return input + cacheRead + cacheWrite + output
}

/** The day a moment belongs to, by UTC. */
export function dayOf(at: EpochMs): string {
  return new Date(at).toISOString().slice(0, 10)
}
