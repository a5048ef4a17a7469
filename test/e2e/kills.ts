import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkpoints } from '../../src/core/checkpoint.ts'
import { usualTimings } from '../../src/core/timings.ts'
import type { SeenPlace } from 'loopback-discord'
import { answeredOnce, deathStories, type DeathStory } from './death-scene.ts'
import type { Script } from './script.ts'
import { Stage, until } from './stage.ts'
import { storyTimings } from './story-timings.ts'
import { patienceMs } from '../patience.ts'

/**
 * Kills the bot at every moment that matters (SPEC: nothing lost, nothing twice, the agents work on). `inARow`: see
 * `deathStories`.
 */
export function killStories(open: () => Promise<Script>, { inARow }: { readonly inARow: boolean }): void {
  test("killed at 'spawned', the answer still comes complete and once", async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot({ dieAt: 'spawned' })
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await olivia.opensThread('general', 'shop')
    const started = await olivia.runs(thread, '/session start', { name: 'shop', runtime: script.runtime })
    const told = started.settled()
    // The process is started with the session, so the bot may be gone before that command is answered.
    await Promise.race([told, first.died()])
    await olivia.says(thread, script.slow('alpha beta gamma delta epsilon omega', 0.5))
    await first.died()
    const between = await stage.agents()
    await stage.startBot()
    assert.match((await told).content, /shop/)
    await answeredOnce(stage, olivia, thread, 'alpha beta gamma delta epsilon omega')
    if (between.length > 0) {
      await olivia.says(thread, script.say('and then'))
      await stage.botShows(olivia, thread, 'and then')
      const answering = pidsIn(stage.query("select json from run_events where type = 'started' order by seq"))
      assert.ok(answering.includes(between[0] ?? 0), 'the process of before the kill answered')
    }
    assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 0, 'no attempt was lost')
  })

  deathStories('at each checkpoint', open, { inARow }, checkpointStories)
  deathStories('in the middle of what it does', open, { inARow }, momentStories)
}

/** Those about a message: the answer's own. */
const aboutMessages = ['post-intended', 'posted', 'remembered', 'settled']

function checkpointStories(story: DeathStory): void {
  // Those of approvals have stories of their own: nothing is asked here.
  for (const name of checkpoints.filter((each) => !each.startsWith('approval') && each !== 'spawned')) {
    story(`killed at '${name}', the answer still comes complete and once`, async (scene) => {
      const { stage, script, bot } = scene
      const text = `${name} alpha beta gamma delta epsilon omega`
      bot.diesAt(aboutMessages.includes(name) ? `${name}@run` : name)
      await scene.says(script.slow(text, 0.5))
      await bot.died()
      const between = await stage.agents()
      await scene.lives()
      await scene.answeredOnce(text)
      if (between.length > 0) {
        await scene.says(script.say(`and then ${name}`))
        await scene.answeredOnce(`and then ${name}`)
        const answering = pidsIn(scene.events('started'))
        assert.ok(answering.length >= 2)
        assert.ok(
          answering.every((pid) => between.includes(pid)),
          'the process of before the kill answered',
        )
      }
      assert.equal(scene.events('lost').length, 0, 'no attempt was lost')
    })
  }
}

function momentStories(story: DeathStory): void {
  story('killed in the middle of a streaming answer, the same message goes on growing', async (scene) => {
    const { stage, script, bot } = scene
    const text = 'growing one two three four five six seven eight nine ten eleven twelve'
    const held = script.held(stage, text)
    await scene.says(held.prompt)
    const growing = await scene.sees(({ content }) => content.includes('three') && !content.includes('twelve'))
    const before = await stage.agents()
    await bot.kill()
    assert.deepEqual(await stage.agents(), before, 'the agent works on without a bot')
    await scene.lives()
    held.open()
    const answer = await scene.sees(({ content, components }) => content.includes('twelve') && components.length === 0)
    assert.equal(answer.id, growing.id)
    await scene.answeredOnce(text)
  })

  story('killed while prompts wait, each is answered once and in order', async (scene) => {
    const { stage, script, bot } = scene
    const held = script.held(stage, 'the one at work')
    await scene.says(held.prompt)
    await scene.shows('the one')
    for (const nth of ['second', 'third', 'fourth']) await scene.says(script.say(`the ${nth} prompt`))
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 3)
    await bot.kill()
    await scene.lives()
    held.open()
    for (const nth of ['second', 'third', 'fourth']) await scene.answeredOnce(`the ${nth} prompt`)
    const said = scene
      .events('said')
      .map((row) => JSON.parse(row.json) as { text: string; whole: boolean })
      .filter((each) => each.whole)
    assert.deepEqual(said.map((each) => each.text.trim()).slice(-3), [
      'the second prompt',
      'the third prompt',
      'the fourth prompt',
    ])
  })

  story('killed during a tool call, the tool goes on and the answer comes', async (scene) => {
    const { stage, script, bot } = scene
    const tool = script.tool(stage, 'after the tool')
    await scene.says(tool.prompt)
    await scene.shows(tool.shows)
    const before = await stage.agents()
    await bot.kill()
    await scene.lives()
    tool.ends()
    await scene.answeredOnce('after the tool')
    for (const pid of before.slice(0, 1)) assert.ok((await stage.agents()).includes(pid), 'the same process')
  })

  story('killed together with its agent, a second attempt answers', async (scene) => {
    const { stage, script, bot } = scene
    const text = 'together one two three four five six seven eight'
    const held = script.held(stage, text)
    await scene.says(held.prompt)
    const growing = await scene.shows(/two/)
    await bot.kill()
    for (const pid of await stage.agents()) process.kill(pid, 'SIGKILL')
    held.open()
    await scene.lives()
    await scene.answeredOnce(text)
    const [answer] = (await scene.said()).filter((message) => message.repliesTo !== null)
    assert.equal(answer?.id, growing.id, 'what the lost attempt had said was replaced')
    assert.equal(scene.events('lost').length, 1)
  })

  story('killed while the agent rests, the next prompt finds the same process', async (scene) => {
    const { stage, script, bot } = scene
    await scene.says(script.say('before the kill'))
    await scene.answeredOnce('before the kill')
    const before = await stage.agents()
    await bot.kill()
    const second = await scene.lives()
    assert.equal((await second.health())['cliProcessCount'], 1)
    await scene.says(script.say('after the kill'))
    await scene.answeredOnce('after the kill')
    assert.deepEqual(await stage.agents(), before)
  })

  story('what was written while the bot was down is answered, in order and once', async (scene) => {
    const { script, bot } = scene
    await bot.kill()
    await scene.says(script.say('written in the dark'))
    await scene.says(script.say('and another'))
    await scene.lives()
    await scene.answeredOnce('written in the dark')
    await scene.answeredOnce('and another')
  })

  story('SIGTERM leaves the agents working, and the next life carries on', async (scene) => {
    const { stage, script, bot } = scene
    const text = 'ended one two three four five six seven eight'
    const held = script.held(stage, text)
    await scene.says(held.prompt)
    await scene.sees(({ content }) => content.includes('two'))
    const before = await stage.agents()
    assert.equal(await bot.terminate(), 0)
    assert.deepEqual(await stage.agents(), before)
    await scene.lives()
    held.open()
    await scene.answeredOnce(text)
  })
}

function pidsIn(events: readonly { readonly json: string }[]): readonly number[] {
  return events.map(({ json }) => (JSON.parse(json) as { pid: number }).pid)
}

/** Kills the bot again and again, whatever it is at. */
export function manyKills(open: () => Promise<Script>): void {
  test('killed twenty times at random moments, every prompt is answered exactly once', async () => {
    await using script = await open()
    await using stage = await Stage.open({
      ownProcess: true,
      // As people have it; but each life would start a CLI twice to look at itself, which is not what it dies of.
      timings: { ...usualTimings, checkAfterMs: storyTimings.checkAfterMs },
      env: { ...script.env, OMC_MAX_ACTIVE_CLIS: '3', OMC_PER_USER_MAX_QUEUED: '40' },
    })
    const olivia = await stage.sandbox.actor('olivia')
    let bot = await stage.startBot()
    const threads = [
      await stage.session(olivia, 'one', script.runtime),
      await stage.session(olivia, 'two', script.runtime),
    ]
    const expected: [SeenPlace, string][] = []
    for (let round = 0; round < 20; round++) {
      for (const [at, thread] of threads.entries()) {
        const text = `round ${round} of ${at} a b c d e f g h end`
        await olivia.says(thread, round % 3 === 0 ? script.slow(text, 1) : script.say(text))
        expected.push([thread, text])
      }
      if (round % 4 === 3)
        // What a life that died had heard of is asked by the next one, some time after its start.
        await until(
          () => stage.query("select 1 from runs where state = 'over'").length === expected.length,
          4 * patienceMs,
          'the queue to drain',
        )
      const pauseMs = (round * 137) % 700
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await bot.kill()
      bot = await stage.startBot({ ownProcess: true })
    }
    for (const [thread, text] of expected) await answeredOnce(stage, olivia, thread, text)
  })
}
