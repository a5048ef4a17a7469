import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { insist } from '../../src/runtimes/engine/stopping.ts'
import { Hand } from './hand.ts'

describe('a turn is told to stop', () => {
  const limits = { stopAgainMs: 500, stopHardMs: 1000 }

  /** Lets `seconds` pass for a process that uses `perSecond` ticks of CPU; how often it was told, and whether it has to go. */
  async function stopped(
    seconds: number,
    perSecond: number | null,
  ): Promise<readonly [times: number, hasToGo: boolean]> {
    const clock = new Hand()
    const over = new AbortController()
    let [times, hasToGo] = [0, false]
    const ticks = async (): Promise<number | null> => (perSecond === null ? null : (clock.now() / 1000) * perSecond)
    const say = (): void => void times++
    const insisting = insist({ clock, limits, lease: { ticks }, over: over.signal, say, isClosed: () => false })
    const end = insisting.then(() => void (hasToGo = !over.signal.aborted))
    for (let nth = 0; nth < seconds; nth++) await clock.turn(1000)
    over.abort()
    await end
    return [times, hasToGo]
  }

  test('twice, and it has to go when it does nothing', async () => {
    assert.deepEqual(await stopped(2, 1), [2, true])
    assert.deepEqual(await stopped(2, null), [2, true], 'where nobody can tell, too')
  })

  test('one that is only slow, because its machine is busy, is waited for', async () => {
    assert.deepEqual(await stopped(9, 10), [2, false])
  })

  test('but not for ever', async () => {
    assert.deepEqual(await stopped(12, 100), [2, true])
  })
})
