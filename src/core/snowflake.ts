import type { EpochMs } from './clock.ts'
import type { MessageId } from './ids.ts'

/** Discord's epoch: the first millisecond of 2015. */
const discordEpoch = 1_420_070_400_000n

/** Whether one message or interaction came after another. Snowflakes grow with time, over all of Discord. */
export function isLater(id: string, than: string): boolean {
  return BigInt(id) > BigInt(than)
}

/** When Discord made this id. */
export function timeOf(id: string): EpochMs {
  return Number((BigInt(id) >> 22n) + discordEpoch)
}

/** An id from `ms` before this one. */
export function before(id: MessageId, ms: number): MessageId {
  const earlier = BigInt(id) - (BigInt(ms) << 22n)
  return (earlier > 0n ? earlier : 0n).toString() as MessageId
}
