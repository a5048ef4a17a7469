import { randomInt } from 'node:crypto'
import { configureGlobal } from 'fast-check'

/**
 * What is random in the tests comes from one seed. A run that failed says it, and takes it back:
 *
 *     OMC_TEST_SEED=<seed> npm test -- <file>
 *     OMC_TEST_PATH=<path> as well      goes straight to the counterexample of a property
 */
const seed = Number(process.env['OMC_TEST_SEED'] ?? randomInt(2 ** 31))
const path = process.env['OMC_TEST_PATH']
configureGlobal({ seed, ...(path === undefined ? {} : { path }) })
process.on('exit', (code) => {
  if (code !== 0) process.stderr.write(`OMC_TEST_SEED=${seed}\n`)
})

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<Value>(values: readonly [Value, ...Value[]]): Value {
    return values[this.between(0, values.length - 1)] ?? values[0]
  }
}

/** The chance of this process. */
export const chance = new Chance(seed)

export * as fc from 'fast-check'
