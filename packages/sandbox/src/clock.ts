/** Where the sandbox's time comes from: milliseconds since 1970. Tests may bring their own. */
export interface Clock {
  now(): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** Discord's epoch: the first second of 2015. */
const EPOCH = 1_420_070_400_000n

/**
 * Ids as Discord makes them: 42 bits of milliseconds since 2015, then 22 bits that grow within a millisecond.
 * Ids of one world never repeat and always grow, even when the clock is set back.
 */
export class Snowflakes {
  readonly #clock: Clock
  #last = 0n

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(): string {
    const fresh = (BigInt(this.#clock.now()) - EPOCH) << 22n
    this.#last = fresh > this.#last ? fresh : this.#last + 1n
    return this.#last.toString()
  }
}

/** The moment an id was made, in milliseconds since 1970. */
export function snowflakeTime(id: string): number {
  return Number((BigInt(id) >> 22n) + EPOCH)
}

/** Discord writes moments with microseconds and an offset, never with `Z`. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00')
}
