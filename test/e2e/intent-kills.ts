import assert from 'node:assert/strict'
import { textOf } from 'loopback-discord'
import { asked, decided } from './approving.ts'
import { deathStories, type DeathScene, type DeathStory } from './death-scene.ts'
import type { Script } from './script.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/**
 * What people want of a run at work goes intent → journal → acted → told. Kills the bot between each two of these: it
 * is done, once, and everybody can see it. `inARow`: see `deathStories`.
 */
export function intentStories(open: () => Promise<Script>, { inARow }: { readonly inARow: boolean }): void {
  deathStories('at what people want', open, { inARow }, tell)
}

function tell(story: DeathStory): void {
  for (const dieAt of ['run-stopped', 'intent-acted']) {
    story(`Stop, killed at '${dieAt}': the run is stopped, and the next prompt is answered`, async (scene) => {
      const { stage, script, olivia, bot } = scene
      const held = script.held(stage, `${dieAt} one two three four`)
      bot.diesAt(dieAt)
      await scene.says(held.prompt)
      const growing = await scene.shows('two')
      await olivia.clicks(growing, 'Stop')
      await bot.died()
      await scene.lives()
      await scene.shows(/■ Stopped by @olivia/)
      await until(() => scene.openRuns() === 0, patienceMs, 'the run to be over')
      assert.equal(scene.events('stopped').length, 1)
      assert.equal(scene.events('finished').length, 1)
      assert.equal(scene.events('lost').length, 0)
      held.open()
      await scene.says(script.say('after the stop'))
      await scene.shows('after the stop')
      const shown = (await scene.said()).map(textOf).join('\n')
      assert.ok(!shown.includes('four'), 'what was stopped says no more')
    })
  }

  for (const dieAt of ['run-steered', 'intent-acted']) {
    story(`a word to a running turn, killed at '${dieAt}': the agent hears it, once`, async (scene) => {
      const { stage, script, olivia, thread, bot } = scene
      const held = script.held(stage, `a word, ${dieAt} one two three four`)
      bot.diesAt(dieAt)
      await scene.says(held.prompt)
      await scene.shows('two')
      await olivia.runs(thread, '/steer', { text: script.say('quickly-please') })
      await bot.died()
      await scene.lives()
      await until(() => heardWords(scene).length === 1, patienceMs, 'the word to be heard')
      held.open()
      await until(() => scene.openRuns() === 0, patienceMs, 'the run to be over')
      await answerHas(scene, 'quickly-please')
      assert.equal(scene.events('asked').length, 1, 'it became no prompt as well')
      assert.equal(scene.events('lost').length, 0)
    })
  }

  for (const dieAt of ['approval-answered', 'intent-acted']) {
    story(`an answer, killed at '${dieAt}': the agent hears it, and does it once`, async (scene) => {
      const { script, olivia, thread, bot } = scene
      const { prompt, what, done } = script.asks(`it-was-done-${dieAt}`)
      bot.diesAt(dieAt)
      await scene.says(prompt)
      const ask = await asked(olivia, thread, what)
      await olivia.clicks(ask, 'Approve')
      await bot.died()
      await scene.lives()
      await until(() => scene.openRuns() === 0, patienceMs, 'the run to be over')
      await answerHas(scene, done)
      await decided(olivia, ask, 'Approved by @olivia')
      assert.equal(scene.events('answered').length, 1)
      assert.equal(scene.events('wanted').length, 1)
      assert.equal(scene.events('lost').length, 0)
    })
  }

  // The last one: its session is over.
  story('a session is ended, killed behind the Stop of its first run: the next life stops the rest', async (scene) => {
    const { stage, script, olivia, thread, bot } = scene
    bot.diesAt('run-stopped')
    await scene.says(script.held(stage, 'the end, one two three four').prompt)
    await scene.shows('two')
    for (const nth of ['first', 'second']) await scene.says(script.say(`the ${nth} that waits`))
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 2)
    await olivia.runs(thread, '/session stop')
    await bot.died()
    assert.equal(scene.events('stopped').length, 1)
    await scene.lives()
    await until(() => scene.openRuns() === 0, patienceMs, 'every run to be over')
    assert.equal(scene.events('stopped').length, 3)
    const shown = (await scene.said()).map(textOf).join('\n')
    assert.ok(!shown.includes('that waits'))
  })
}

/** It stands in what the bot answered, in all its messages that answer no command, exactly once. */
async function answerHas(scene: DeathScene, text: string): Promise<void> {
  const all = async (): Promise<string> =>
    (await scene.said())
      .filter(({ interactionId, components }) => interactionId === null && components.length === 0)
      .map(({ content }) => content)
      .join('\n')
  await until(async () => (await all()).includes(text), patienceMs, text)
  assert.equal((await all()).split(text).length - 1, 1, scene.olivia.story(scene.thread))
}

function heardWords(scene: DeathScene): { json: string }[] {
  return scene.events('steered').filter(({ json }) => (JSON.parse(json) as { heard: boolean }).heard)
}
