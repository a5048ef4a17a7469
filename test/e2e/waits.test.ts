import { textOf, type SeenPlace } from 'loopback-discord'
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { lasting } from '../../src/locales/troubles-en.ts'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** What the cards in a thread say. */
function cards(scene: Scene, thread: SeenPlace = scene.thread): string {
  const history = [...scene.stage.sandbox.world.history(thread.id).values()]
  return history.map(({ embeds }) => JSON.stringify(embeds)).join('\n')
}

/** How long the card of that place says that it waits, once it says so. */
async function waits(scene: Scene, place: number, thread: SeenPlace = scene.thread): Promise<string> {
  const said = new RegExp(`place ${place} · about (\\d+ [a-z]+)`)
  return until(() => said.exec(cards(scene, thread))?.[1] ?? null, patienceMs, `the wait of place ${place}`)
}

/** What the first and the second in line wait for: the one run that is over lasted as long as this machine let it. */
function expected(scene: Scene): readonly string[] {
  const sql = 'select ended_at - started_at as lasted from runs where ended_at is not null'
  const [{ lasted } = { lasted: 0 }] = scene.stage.query<{ lasted: number }>(sql)
  return [lasting(lasted), lasting(2 * lasted)]
}

describe('what is said of waiting', { concurrency: true }, () => {
  test('who waits second in a session waits twice as long, and what is taken back had done nothing', async () => {
    await using scene = await Scene.open()
    await scene.says('!slow 2s so long it takes')
    await scene.answered('so long it takes')
    await scene.says('!until open until then')
    await scene.grows('until')
    const first = await scene.says('!say first')
    const second = await scene.says('!say second')
    assert.deepEqual([await waits(scene, 1), await waits(scene, 2)], expected(scene))
    await scene.olivia.deletes(second)
    await until(
      () => (cards(scene).includes('Taken back by @olivia before it began.') ? true : null),
      patienceMs,
      'the word',
    )
    assert.doesNotMatch(cards(scene), /had done stays/)
    scene.opens('open')
    await scene.answered('first')
    assert.ok(first.id)
  })

  test('who has as many at work as one person may waits for their own, whatever is free', async () => {
    await using scene = await Scene.open({ env: { OMC_PER_USER_MAX_ACTIVE: '1' } })
    const { stage, olivia } = scene
    const [till, depot] = [await stage.session(olivia, 'till'), await stage.session(olivia, 'depot')]
    await scene.says('!slow 2s so long it takes')
    await scene.answered('so long it takes')
    await scene.says('!until open until then')
    await scene.grows('until')
    await olivia.says(till, '!say first')
    await olivia.says(depot, '!say second')
    assert.deepEqual([await waits(scene, 1, till), await waits(scene, 2, depot)], expected(scene))
    scene.opens('open')
    await stage.botShows(olivia, depot, /^second/)
  })

  test("a session's age is not how long it works", async () => {
    await using scene = await Scene.open()
    const db = new DatabaseSync(join(scene.stage.data, 'orchestrator.sqlite'))
    db.exec('pragma busy_timeout = 5000')
    db.prepare('update omc_sessions set started_at = started_at - ?').run(48 * 3_600_000)
    db.close()
    await scene.says('!until open hammering on')
    await scene.grows('hammering')
    const listed = await (await scene.olivia.runs('work', '/session list')).settled()
    assert.match(textOf(listed), /\*\*shop\*\* · Working 0:\d\d ·/)
    scene.opens('open')
    await scene.answered('hammering on')
  })
})
