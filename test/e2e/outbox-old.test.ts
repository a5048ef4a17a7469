import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { controlsOf, type Message } from 'loopback-discord'
import { Scene } from './scene.ts'
import { assertSaidOnce, own, shown } from './shutting.ts'
import { until } from './stage.ts'

/** A message past its first hour shows nothing any more that goes on: the card moves to a new one. */

/** Long enough for all that has to be seen of a message while it is young, on a busy machine. */
const timings = { editableForMs: 5_000 }
const words = 'alpha beta gamma delta omega'

const hasCard = ({ embeds, components }: Message): boolean => embeds.length > 0 || components.length > 0

/** Waits until the card stands under the last of so many messages, and under no other. */
async function cardMoves(scene: Scene, count: number): Promise<readonly Message[]> {
  return until(() => {
    const messages = own(scene.stage, scene.thread)
    const cards = messages.map(hasCard)
    return messages.length >= count &&
      cards.lastIndexOf(true) === messages.length - 1 &&
      cards.filter(Boolean).length === 1
      ? messages
      : null
  })
}

describe('messages that grow old', { concurrency: true }, () => {
  test('the card of a run at work moves on in time, without its text, and is gone at the end', async () => {
    await using scene = await Scene.open({ timings })
    await scene.says(`!until over ${words}`)
    const growing = await scene.grows('delta')
    const [first, second] = await cardMoves(scene, 2)
    assert.equal(first?.id, growing.id)
    assert.match(first?.content ?? '', /alpha beta/)
    assert.match(JSON.stringify(second?.embeds), /Working/)
    scene.opens('over')
    await scene.settled()
    const all = shown(scene.stage, scene.thread)
    assert.doesNotMatch(all, /Working/)
    assert.equal(all.split('omega').length, 2)
    assert.equal(all.split('alpha').length, 2)
  })

  test('a card without text goes on in a new message, and the old one is taken away', async () => {
    await using scene = await Scene.open({ timings })
    await scene.says('!until over !tool Bash sleep 60\n!say all done')
    const first = await until(() => own(scene.stage, scene.thread).find(hasCard) ?? null)
    await until(() => own(scene.stage, scene.thread).some((each) => hasCard(each) && each.id !== first.id))
    assert.equal(own(scene.stage, scene.thread).length, 1)
    scene.opens('over')
    await scene.settled()
    assertSaidOnce(scene.stage, scene.thread, 'all done')
  })

  test('a bot that was away while its message grew old takes the card off it', async () => {
    await using scene = await Scene.open({ ownProcess: true })
    await scene.says(`!until over ${words}`)
    const growing = await scene.grows('delta')
    // Killed before that was remembered, it would be found again, and be young.
    await until(() => scene.stage.query(`select 1 from messages where message = '${growing.id}'`).length > 0)
    await scene.bot.kill()
    write(scene, 'update messages set posted_at = posted_at - 7200000')
    scene.bot = await scene.stage.startBot()
    const [first] = await cardMoves(scene, 2)
    assert.equal(first?.id, growing.id)
    scene.opens('over')
    await scene.settled()
    assert.doesNotMatch(shown(scene.stage, scene.thread), /Working/)
    assert.equal(shown(scene.stage, scene.thread).split('omega').length, 2)
  })

  test('an edit that comes too late is made when Discord takes it, and what is new is said meanwhile', async () => {
    await using scene = await Scene.open({ timings: { ...timings, oldAgainAfterMs: 300 } })
    await scene.says(`!until over ${words}`)
    const growing = await scene.grows('delta')
    const path = String.raw`/messages/${growing.id}$`
    const late = scene.breaks({ kind: 'rest.error', status: 400, code: 30_046, method: 'PATCH', path })
    await until(() => own(scene.stage, scene.thread).length >= 2)
    scene.opens('over')
    await until(() => shown(scene.stage, scene.thread).includes('omega'))
    assert.ok(late.hits > 0)
    late.remove()
    await scene.settled()
    assert.doesNotMatch(shown(scene.stage, scene.thread), /Working/)
    for (const message of own(scene.stage, scene.thread)) assert.deepEqual(controlsOf(message), [])
  })
})

function write(scene: Scene, sql: string): void {
  const db = new DatabaseSync(join(scene.stage.data, 'orchestrator.sqlite'))
  try {
    db.exec(sql)
  } finally {
    db.close()
  }
}
