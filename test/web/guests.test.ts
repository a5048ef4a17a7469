import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Guests } from '../../src/web/page/guests.ts'
import { Visits } from '../../src/web/page/visits.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { person, scratchFolder, thread } from '../stores/cast.ts'

const [olivia, place] = [person('olivia'), thread('200')]
const hour = 3_600_000

describe('whoever has the page open', () => {
  it('is shown what was true a moment ago, does what is true now, and hears nothing after twelve hours', async () => {
    await using folder = await scratchFolder()
    const clock = new VirtualClock(0)
    const visits = new Visits(folder.path, clock)
    let isThere = true
    const gate = {
      sees: async () => isThere,
      personNow: async () => olivia,
      judgeFor: async () => ({ allowed: true, tier: 'owner', needs: 'owner', ground: { kind: 'owner-user' } }) as const,
    }
    const guests = new Guests({ gate, clock, timings: { standingEveryMs: 60_000 } }, visits)
    assert.equal(await guests.sees(olivia, place), true)
    isThere = false
    assert.equal(await guests.sees(olivia, place), true, 'asked for every piece of a stream')
    assert.equal(await guests.seesNow(olivia, place), false)
    assert.equal(await guests.sees(olivia, place), false)

    const entered = await visits.enter((await visits.invite({ person: olivia, place })).secret)
    assert.ok(entered)
    assert.equal((await guests.standing(entered.visit)).is, 'owner')
    await clock.goTo(12 * hour - 1)
    assert.equal((await guests.standing(entered.visit)).is, 'owner')
    await clock.goTo(12 * hour + 60_000)
    assert.equal((await guests.standing(entered.visit)).is, 'nobody', 'a stream asks this again and again')
  })
})
