import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DialGuard, dialRules } from '../../src/discord/guard.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }
const begin = 1_700_000_000_000
const minute = 60_000
const { signal } = new AbortController()

/** A guard on a clock of its own. `random` at 0 makes every pause as long as it can be, at 1 as short. */
function guarded(random: number) {
  const clock = new VirtualClock(begin)
  const budget = async () => ({ remaining: 1000, resetAfterMs: 0 })
  return { clock, guard: new DialGuard({ rules: dialRules, clock, log: silent, budget, random: () => random }) }
}

/** Dials as the library does, again as soon as one has come to nothing; gives when, in ms from the beginning. */
async function dialled({ clock, guard }: ReturnType<typeof guarded>, until: number, identifies: boolean) {
  const dials: number[] = []
  let isOver = false
  const dialling = async () => {
    for (;;) {
      await guard.pass(false)
      if (isOver) return
      dials.push(clock.now() - begin)
      if (identifies) await guard.identify(signal)
    }
  }
  void dialling()
  await clock.goTo(begin)
  await clock.goTo(begin + until)
  isOver = true
  guard.close()
  return dials
}

describe('when the gateway is dialled', () => {
  for (const minutes of [3, 60]) {
    it(`without Discord for ${minutes} minutes: again within 10 s, all the time`, async () => {
      const until = minutes * minute
      const dials = [...(await dialled(guarded(0), until, false)), until]
      const gaps = dials.map((at, index) => at - (dials[index - 1] ?? 0))
      assert.ok(Math.max(...gaps) <= 10_000, gaps.join(', '))
      assert.ok(dials.length <= 10 + until / 10_000, `${dials.length} dials: it is not hammered either`)
    })
  }

  it('thrown out after each identify: far fewer than a thousand in a day', async () => {
    const day = 24 * 60 * minute
    const dials = await dialled(guarded(1), day, true)
    assert.ok(dials.length > 100 && dials.length < 700, `${dials.length} identifies`)
  })

  it('a connection that held makes what was before forgotten', async () => {
    const { clock, guard } = guarded(0)
    for (let row = 0; row < 8; row++) {
      void guard.pass(false)
      await clock.goTo(clock.now())
      await clock.goTo(clock.now() + 5 * minute)
      await guard.identify(signal)
    }
    guard.up()
    await clock.goTo(clock.now() + dialRules.steadyMs)
    const before = clock.now()
    await guard.pass(false)
    assert.equal(clock.now(), before)
  })
})
