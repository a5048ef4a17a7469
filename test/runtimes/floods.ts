import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { until } from '../contracts/runtime-bench.ts'
import { endOf, Trial, type DialectName } from './trial.ts'

const MB = 1024 * 1024

/** Whatever a CLI writes. */
export function floodStories(name: DialectName): void {
  describe(`whatever the ${name} CLI writes, memory and disk stay bounded`, () => {
    /** An answer of some words, in the middle of which something is written. */
    const says = async (trial: Trial) => {
      const words = 'one two three'
      const listener = await trial.hears(trial.bench.words.pieces(words))
      assert.equal(endOf(listener).how, 'done')
      assert.equal(listener.text, words)
      return listener
    }

    test('garbage changes nothing', async () => {
      await using trial = await Trial.open(name, { at: 'delta', what: { garbage: true } })
      const first = await says(trial)
      const second = await trial.hears(trial.bench.words.say('and on'))
      assert.equal(second.text, 'and on')
      if (trial.bench.sharesProcess) assert.equal(second.pid, first.pid)
    })

    test('garbage before anything else', async () => {
      await using trial = await Trial.open(name, { at: 'start', what: { garbage: true } })
      await says(trial)
    })

    test('a line of 200 MB is never held as a whole', async () => {
      await using trial = await Trial.open(name, { at: 'delta', what: { longLine: 200 * MB } })
      using memory = new Memory()
      await says(trial)
      assert.ok(memory.grownMB < 100, `grew by ${memory.grownMB} MB`)
      await until('its output is not kept', () => trial.outputs().length === 0)
    })

    test('a million pieces of an answer', async () => {
      await using trial = await Trial.open(name, { at: 'delta', what: { pieces: 1_000_000 } })
      using memory = new Memory()
      const listener = await says(trial)
      assert.ok(memory.grownMB < 100, `grew by ${memory.grownMB} MB`)
      assert.ok(listener.pieces.length < 20_000, `told in ${listener.pieces.length} pieces`)
      await until('its output is not kept', () => trial.outputs().length === 0)
    })

    for (const flood of ['stdout', 'one line', 'stderr'] as const)
      test(`a flood without an end: ${flood}`, async () => {
        const limits = { turnOutputBytes: 20 * MB, retireBytes: 10 * MB, floodLookMs: 50, stopReplyMs: 1000 }
        await using trial = await Trial.open(name, { at: 'delta', what: { flood } }, limits)
        const listener = await trial.hears(trial.bench.words.pieces('one two three'))
        assert.equal(endOf(listener).how, 'flooded')
        assert.deepEqual(await trial.left(), [])
        await until('its output is not kept', () => trial.outputs().length === 0)
      })
  })
}

/**
 * How much more this process holds at most while it stands. What nobody holds is collected before each look: on a busy
 * machine garbage of hundreds of megabytes may wait for its turn.
 */
class Memory implements Disposable {
  readonly #before = held()
  readonly #timer = setInterval(() => this.#look(), 250)
  #most = 0

  get grownMB(): number {
    this.#look()
    return Math.round((this.#most - this.#before) / MB)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#most = Math.max(this.#most, held())
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function held(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
