import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'
import { patienceMs, until } from './stage.ts'

/** What the cards in the thread say. */
function cards(scene: Scene): string {
  const history = [...scene.stage.sandbox.world.history(scene.thread.id).values()]
  return history.map(({ embeds }) => JSON.stringify(embeds)).join('\n')
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
    const waits = async (place: number): Promise<number> => {
      const found = (): string | undefined => new RegExp(`place ${place} · about (\\d+) second`).exec(cards(scene))?.[1]
      return Number(await until(() => found() ?? null, patienceMs, `the wait of place ${place}`))
    }
    assert.equal(await waits(2), 2 * (await waits(1)))
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

  test("a session's age is not how long it works", async () => {
    await using scene = await Scene.open()
    const db = new DatabaseSync(join(scene.stage.data, 'orchestrator.sqlite'))
    db.exec('pragma busy_timeout = 5000')
    db.prepare('update omc_sessions set started_at = started_at - ?').run(48 * 3_600_000)
    db.close()
    await scene.says('!until open hammering on')
    await scene.grows('hammering')
    const listed = await (await scene.olivia.runs('work', '/session list')).settled()
    assert.match(listed.content, /\*\*shop\*\* · Working 0:\d\d ·/)
    scene.opens('open')
    await scene.answered('hammering on')
  })
})
