import type { Prices } from '../core/price.ts'

/**
 * List prices in US dollars for a million tokens. What stands here is for calls whose CLI says no price itself; a model
 * that does not stand here has no price, only tokens. OMC_PRICES_JSON comes before it.
 *
 * Claude: as Claude Code 2.1.197 counts them (read in the program, the first three seen in its results, 2026-11).
 * GPT: from memory of OpenAI's public list as it was in late 2025, checked against nothing here; nothing is known of newer
 * models. Whoever pays by them should set OMC_PRICES_JSON from the list of the day.
 */
export const listPrices: Prices = {
  'claude-opus-4-5*': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'claude-opus-4-6*': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'claude-opus-4-7*': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'claude-opus-4-8*': { input: 5, cacheRead: 0.5, cacheWrite: 6.25, output: 25 },
  'claude-opus-4-1*': { input: 15, cacheRead: 1.5, cacheWrite: 18.75, output: 75 },
  'claude-sonnet-*': { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 },
  'claude-haiku-4-5*': { input: 1, cacheRead: 0.1, cacheWrite: 1.25, output: 5 },
  'gpt-5': { input: 1.25, cacheRead: 0.125, cacheWrite: 1.25, output: 10 },
  'gpt-5-codex': { input: 1.25, cacheRead: 0.125, cacheWrite: 1.25, output: 10 },
  'gpt-5.1': { input: 1.25, cacheRead: 0.125, cacheWrite: 1.25, output: 10 },
  'gpt-5.1-codex': { input: 1.25, cacheRead: 0.125, cacheWrite: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, cacheRead: 0.025, cacheWrite: 0.25, output: 2 },
}
