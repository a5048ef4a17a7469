import type { EpochMs } from '../core/clock.ts'

/** Discord's ids hold the time they were made: milliseconds since 2015 above 22 bits of counters. */
const discordEpoch = 1_420_070_400_000

/** When a snowflake was made, by Discord's clock. */
export function timeOf(snowflake: string): EpochMs {
  return Number(BigInt(snowflake) >> 22n) + discordEpoch
}

/** The smallest snowflake of a moment, for paging by `after`. */
export function afterTime(at: EpochMs): string {
  return String(BigInt(Math.max(0, Math.floor(at - discordEpoch))) << 22n)
}
