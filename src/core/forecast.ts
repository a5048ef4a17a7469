import type { AccountState } from './account.ts'
import type { EpochMs } from './clock.ts'
import { lengthOf } from './quota.ts'

/** Where a quota goes at the pace of its window so far. */
export interface WindowForecast {
  readonly account: Pick<AccountState, 'runtime' | 'account'>
  readonly window: string
  readonly used: number
  readonly resetsAt: EpochMs
  /** When it is full; null: it begins anew before. */
  readonly fullAt: EpochMs | null
}

/** Where what is spent goes: evenly, as from the beginning of its period until now. */
export interface SpendForecast {
  /** At the end of the period. */
  readonly atEnd: number
  /** When a limit is reached; null: not in this period, or there is none. */
  readonly reachedAt: EpochMs | null
}

/** So much of a period has to have passed before anything is said of the rest. */
const leastShare = 0.02

/** The windows of an account that are running, and whose length is known. */
export function forecastsOf(account: AccountState, now: EpochMs): readonly WindowForecast[] {
  return account.windows.flatMap((window) => {
    const { name, used, resetsAt } = window
    const length = lengthOf(name)
    if (used === null || resetsAt === null || length === null || resetsAt <= now) return []
    const passed = now - (resetsAt - length)
    if (passed < length * leastShare || used <= 0) return []
    const fullAt = used >= 1 ? now : now + (1 - used) * (passed / used)
    return [{ account, window: name, used, resetsAt, fullAt: fullAt < resetsAt ? fullAt : null }]
  })
}

/** Null: too little of the period has passed. */
export function spendForecast(
  spent: number,
  limit: number | null,
  [begin, end]: readonly [EpochMs, EpochMs],
  now: EpochMs,
): SpendForecast | null {
  const passed = now - begin
  if (passed < (end - begin) * leastShare || spent <= 0) return null
  const pace = spent / passed
  const reachedAt = limit === null ? null : now + Math.max(0, limit - spent) / pace
  return { atEnd: pace * (end - begin), reachedAt: reachedAt !== null && reachedAt < end ? reachedAt : null }
}
