import type { Spend } from './spending.ts'

/** US dollars for a million tokens, by what they are. */
export interface Price {
  readonly input: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly output: number
}

/** By the model's name as its CLI says it. */
export type Prices = Readonly<Record<string, Price>>

/** What something costs at list price: as its CLI says, else by its model's price; null: nobody knows. Never 0 for that. */
export function costOf({ model, tokens, costUsd }: Spend, prices: Prices): number | null {
  if (costUsd !== null) return costUsd
  const price = model === null ? undefined : priceOf(model, prices)
  if (price === undefined) return null
  const { input, cacheRead, cacheWrite, output } = tokens
  const millionths =
    input * price.input + cacheRead * price.cacheRead + cacheWrite * price.cacheWrite + output * price.output
  return millionths / 1e6
}

/** A name ending in `*` is a whole family. */
function priceOf(model: string, prices: Prices): Price | undefined {
  if (prices[model] !== undefined) return prices[model]
  const families = Object.keys(prices).filter((each) => each.endsWith('*') && model.startsWith(each.slice(0, -1)))
  const [longest] = families.sort((a, b) => b.length - a.length)
  return longest === undefined ? undefined : prices[longest]
}
