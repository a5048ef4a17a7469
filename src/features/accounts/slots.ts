import type { AccountSlot } from '../../core/account.ts'
import type { EpochMs } from '../../core/clock.ts'
import { never } from '../../core/budget.ts'

/** As it is written in commands: `claude:team`. */
export function nameOfSlot({ runtime, account }: Pick<AccountSlot, 'runtime' | 'account'>): string {
  return `${runtime}:${account}`
}

/** The account that somebody has typed: with its agent, or without it where only one agent has such a one. */
export function slotNamed(all: readonly AccountSlot[], typed: string): AccountSlot | null {
  const exact = all.find((slot) => nameOfSlot(slot) === typed)
  const alike = all.filter(({ account }) => account === typed)
  return exact ?? (alike.length === 1 ? (alike[0] ?? null) : null)
}

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const longestMs = 60 * unitsMs.d

/** `90m`, `2h`, `3d` from now, `never` where nothing is said; null: that is no stretch of time. */
export function momentAfter(typed: string | null, now: EpochMs): EpochMs | null {
  if (typed === null) return never
  const [, count, unit] = /^(\d{1,5})\s*([mhd])$/i.exec(typed.trim()) ?? []
  if (count === undefined || unit === undefined) return null
  const ms = Number(count) * unitsMs[unit.toLowerCase() as keyof typeof unitsMs]
  return ms > 0 && ms <= longestMs ? now + ms : null
}
