import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { asked, decided } from './approving.ts'
import type { Script } from './kills.ts'
import { patienceMs, Stage, until } from './stage.ts'

/**
 * What people want of a run at work goes intent → journal → acted → told. Kills the bot between each two of these: it
 * is done, once, and everybody can see it.
 */
export function intentStories(open: () => Promise<Script>): void {
  for (const dieAt of ['run-stopped', 'intent-acted']) {
    test(`Stop, killed at '${dieAt}': the run is stopped, and the next prompt is answered`, async () => {
      await using script = await open()
      await using stage = await Stage.open({ ownProcess: true, env: script.env })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', script.runtime)
      const held = script.held(stage, 'one two three four')
      await olivia.says(thread, held.prompt)
      const growing = await stage.botShows(olivia, thread, 'three')
      await olivia.clicks(growing, 'Stop')
      await first.died()
      await stage.startBot()
      await stage.botShows(olivia, thread, /■ Stopped by @olivia/)
      await until(() => openRuns(stage) === 0, patienceMs, 'the run to be over')
      assert.equal(eventsOf(stage, 'stopped').length, 1)
      assert.equal(eventsOf(stage, 'finished').length, 1)
      assert.equal(eventsOf(stage, 'lost').length, 0)
      held.open()
      await olivia.says(thread, script.say('after the stop'))
      await stage.botShows(olivia, thread, 'after the stop')
      const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
      assert.ok(!shown.includes('four'), 'what was stopped says no more')
    })
  }

  for (const dieAt of ['run-steered', 'intent-acted']) {
    test(`a word to a running turn, killed at '${dieAt}': the agent hears it, once`, async () => {
      await using script = await open()
      await using stage = await Stage.open({ ownProcess: true, env: script.env })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', script.runtime)
      const held = script.held(stage, 'one two three four')
      await olivia.says(thread, held.prompt)
      await stage.botShows(olivia, thread, 'three')
      await olivia.runs(thread, '/steer', { text: script.say('quickly-please') })
      await first.died()
      await stage.startBot()
      await until(() => heardWords(stage).length === 1, patienceMs, 'the word to be heard')
      held.open()
      await until(() => openRuns(stage) === 0, patienceMs, 'the run to be over')
      await answerHas(stage, olivia, thread, 'quickly-please')
      assert.equal(stage.query('select 1 from runs').length, 1, 'it became no prompt as well')
      assert.equal(eventsOf(stage, 'lost').length, 0)
    })
  }

  for (const dieAt of ['approval-answered', 'intent-acted']) {
    test(`an answer, killed at '${dieAt}': the agent hears it, and does it once`, async () => {
      await using script = await open()
      await using stage = await Stage.open({ ownProcess: true, env: script.env })
      const first = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', script.runtime)
      const { prompt, what, done } = script.asks('it-was-done')
      await olivia.says(thread, prompt)
      const ask = await asked(olivia, thread, what)
      await olivia.clicks(ask, 'Approve')
      await first.died()
      await stage.startBot()
      await until(() => openRuns(stage) === 0, patienceMs, 'the run to be over')
      await answerHas(stage, olivia, thread, done)
      await decided(olivia, ask, 'Approved by @olivia')
      assert.equal(eventsOf(stage, 'answered').length, 1)
      assert.equal(eventsOf(stage, 'wanted').length, 1)
      assert.equal(eventsOf(stage, 'lost').length, 0)
    })
  }

  test('a session is ended, killed behind the Stop of its first run: the next life stops the rest', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot({ dieAt: 'run-stopped' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    await olivia.says(thread, script.held(stage, 'one two three four').prompt)
    await stage.botShows(olivia, thread, 'three')
    for (const nth of ['first', 'second']) await olivia.says(thread, script.say(`the ${nth} that waits`))
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 2)
    await olivia.runs(thread, '/session stop')
    await first.died()
    assert.equal(eventsOf(stage, 'stopped').length, 1)
    await stage.startBot()
    await until(() => openRuns(stage) === 0, patienceMs, 'every run to be over')
    assert.equal(eventsOf(stage, 'stopped').length, 3)
    const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
    assert.ok(!shown.includes('that waits'))
  })
}

/** It stands in what the bot answered, in all its messages that answer no command, exactly once. */
async function answerHas(stage: Stage, actor: Actor, thread: SeenPlace, text: string): Promise<void> {
  const all = async (): Promise<string> =>
    (await stage.botMessages(actor, thread))
      .filter(({ interactionId, components }) => interactionId === null && components.length === 0)
      .map(({ content }) => content)
      .join('\n')
  await until(async () => (await all()).includes(text), patienceMs, text)
  assert.equal((await all()).split(text).length - 1, 1, actor.story(thread))
}

function openRuns(stage: Stage): number {
  return stage.query("select 1 from runs where state <> 'over'").length
}

function eventsOf(stage: Stage, type: string): { json: string }[] {
  return stage.query<{ json: string }>(`select json from run_events where type = '${type}' order by seq`)
}

function heardWords(stage: Stage): { json: string }[] {
  return eventsOf(stage, 'steered').filter(({ json }) => (JSON.parse(json) as { heard: boolean }).heard)
}
