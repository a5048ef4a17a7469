import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Scene } from './scene.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

describe('trouble of the model', { concurrency: true }, () => {
  test('trouble of its service is ridden out: nobody sends a prompt again, and the order stays', async () => {
    await using scene = await Scene.open({ timings: { rideOutMs: [50, 50, 50] } })
    const first = await scene.says('!busy 2\n!say it came through')
    const second = await scene.says('!say and then this')
    await scene.answered('it came through')
    await scene.answered('and then this')
    const ended = scene.stage.query<{ prompt_key: string }>('select prompt_key from runs order by ended_seq')
    assert.deepEqual(
      ended.map((row) => row.prompt_key),
      [first.id, second.id],
    )
    assert.equal(scene.stage.query("select 1 from run_events where type = 'parked'").length, 2)
  })

  test('meanwhile the card says what is the matter and when it goes on, and Stop ends it; so does a kill -9 nothing', async () => {
    await using scene = await Scene.open({ ownProcess: true, timings: { rideOutMs: [600_000] } })
    const { olivia, thread } = scene
    await scene.says('!busy 9\n!say never')
    const isResting = (text: string): boolean =>
      /⏸ The model's service is overloaded\. I go on by myself <t:\d+:R>/.test(text)
    await olivia.sees(thread, (message) => isResting(JSON.stringify(message.embeds)), { within: patienceMs })
    await scene.bot.kill()
    scene.bot = await scene.stage.startBot()
    const card = await olivia.sees(thread, (message) => isResting(JSON.stringify(message.embeds)), {
      within: patienceMs,
    })
    await olivia.clicks(card, 'Withdraw')
    await olivia.sees(thread, (message) => /■ Stopped by @olivia/.test(JSON.stringify(message.embeds)), {
      within: patienceMs,
    })
    await scene.settled()
    assert.equal(scene.stage.query("select 1 from runs where state = 'over'").length, 1)
  })

  test('when it lasts too long, that is said with the next step', async () => {
    await using scene = await Scene.open({ timings: { rideOutMs: [20, 20] } })
    await scene.says('!busy 9')
    await scene.olivia.sees(
      scene.thread,
      (message) =>
        /overloaded, and trying again for a while did not help.*\/resume/.test(JSON.stringify(message.embeds)),
      { within: patienceMs },
    )
  })

  test('a conversation that is full is set aside with a hand-over, and the place is told', async () => {
    await using scene = await Scene.open()
    await scene.says('!say the first word')
    await scene.answered('the first word')
    await scene.says('!full\n!context')
    await scene.answered('Handed over: olivia: !say the first word')
    const told = (): boolean =>
      [...scene.stage.sandbox.world.history(scene.thread.id).values()].some((message) =>
        JSON.stringify(message.embeds).includes('longer than the model takes, so the agent began a new one'),
      )
    await until(() => (told() ? true : null), patienceMs, 'the note on the card')
  })

  test('that a conversation was summed up is said on the card', async () => {
    await using scene = await Scene.open()
    await scene.says('!compact\n!say done')
    const answer = await scene.answered('done')
    assert.match(JSON.stringify(answer.embeds), /summarized its conversation/)
  })
})
