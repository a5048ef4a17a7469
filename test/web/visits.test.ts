import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Visits } from '../../src/web/page/visits.ts'
import { VirtualClock } from '../engine/virtual-clock.ts'
import { person, scratchFolder, thread } from '../stores/cast.ts'

const guest = { person: person('olivia'), place: thread('200') }
const minute = 60_000

describe('links and visits of the page', () => {
  it('a link opens once, also when two use it at the same moment', async () => {
    await using folder = await scratchFolder()
    const visits = new Visits(folder.path, new VirtualClock(0))
    const { secret } = await visits.invite(guest)
    const entered = await Promise.all([visits.enter(secret), visits.enter(secret), visits.enter(secret)])
    const [only, ...more] = entered.filter((each) => each !== null)
    assert.deepEqual(more, [])
    assert.ok(only)
    assert.deepEqual((await visits.visit(only.keys))?.guest, guest)
    assert.equal(await visits.visit({ cookie: only.keys.key, key: only.keys.cookie }), null)
    await visits.end(only.visit)
    assert.equal(await visits.visit(only.keys), null)
  })

  it('runs out: a link after ten minutes, a visit after twelve hours', async () => {
    await using folder = await scratchFolder()
    const clock = new VirtualClock(0)
    const visits = new Visits(folder.path, clock)
    const [late, soon] = [await visits.invite(guest), await visits.invite(guest)]
    await clock.goTo(10 * minute - 1)
    const entered = await visits.enter(soon.secret)
    assert.ok(entered)
    await clock.goTo(10 * minute)
    assert.equal(await visits.enter(late.secret), null)
    await clock.goTo(12 * 60 * minute)
    assert.ok(await visits.visit(entered.keys))
    await clock.goTo(12 * 60 * minute + 10 * minute)
    assert.equal(await visits.visit(entered.keys), null)
  })

  it('keeps no secret on the disk, only so many files, and reads past a torn one', async () => {
    await using folder = await scratchFolder()
    const clock = new VirtualClock(0)
    const visits = new Visits(folder.path, clock)
    const kept = []
    for (let nth = 0; nth < 60; nth++) {
      const entered = await visits.enter((await visits.invite(guest)).secret)
      assert.ok(entered)
      kept.push(entered.keys)
    }
    const visitFolder = join(folder.path, 'page', 'visits')
    const names = readdirSync(visitFolder)
    assert.equal(names.length, 50)
    assert.deepEqual(readdirSync(join(folder.path, 'page', 'links')), [])
    const written = names.map((name) => name + readFileSync(join(visitFolder, name), 'utf8')).join()
    for (const { cookie, key } of kept) assert.ok(!written.includes(cookie) && !written.includes(key))
    const last = kept.at(-1)
    assert.ok(last)
    const found = await visits.visit(last)
    assert.ok(found, 'the oldest made room, not the newest')
    writeFileSync(join(visitFolder, found.name), '{"guest":')
    assert.equal(await visits.visit(last), null)
    const { secret } = await visits.invite(guest)
    assert.ok(await visits.enter(secret))
  })
})
