import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkpoints } from '../../src/core/checkpoint.ts'
import { usualTimings } from '../../src/core/timings.ts'
import type { Actor, SeenPlace } from 'loopback-discord'
import { Stage, until } from './stage.ts'

/** How a story is told to one runtime: its agent does what the prompt says. */
export interface Script extends AsyncDisposable {
  readonly runtime: string
  /** What the bot needs for it. */
  readonly env: Readonly<Record<string, string>>
  /** Says the text at once. */
  say(text: string): string
  /** Says the text word by word over that many seconds. */
  slow(text: string, seconds: number): string
  /** Says all of the text but its last word at once, and that when `stage` is told to open it. */
  held(stage: Stage, text: string): { readonly prompt: string; open(): void }
  /**
   * Works with a tool for some seconds or until `ends` is called, then says the text. `shows`: what the card shows
   * meanwhile.
   */
  tool(stage: Stage, text: string): { readonly prompt: string; readonly shows: string; ends(): void }
  /** Asks a person for leave to do something harmless, and does it. `what` stands in the question, `done` in the answer. */
  asks(text: string): { readonly prompt: string; readonly what: string; readonly done: string }
  /** How often the agent's model was asked something with this text; null where there is no model. */
  asked(text: string): number | null
}

/** The one answer to a prompt: complete and once. */
async function answeredOnce(stage: Stage, actor: Actor, thread: SeenPlace, text: string): Promise<void> {
  const isWhole = (message: { content: string; author: { bot: boolean }; components: readonly unknown[] }): boolean =>
    message.author.bot && message.content.includes(text) && message.components.length === 0
  await actor.sees(thread, isWhole)
  const messages = await stage.botMessages(actor, thread)
  const all = messages.map((message) => message.content).join('\n')
  assert.equal(all.split(text).length - 1, 1, `stands there exactly once:\n${actor.story(thread)}`)
}

/** Kills the bot at every moment that matters (SPEC: nothing lost, nothing twice, the agents work on). */
export function killStories(open: () => Promise<Script>): void {
  // Those of approvals have stories of their own: nothing is asked here.
  for (const name of checkpoints.filter((each) => !each.startsWith('approval-'))) {
    test(`killed at '${name}', the answer still comes complete and once`, async () => {
      await using script = await open()
      await using stage = await Stage.open({ ownProcess: true, env: script.env })
      const first = await stage.startBot({ dieAt: name })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await olivia.opensThread('general', 'shop')
      const started = await olivia.runs(thread, '/session start', { name: 'shop', runtime: script.runtime })
      const told = started.settled()
      // The process is started with the session, so the bot may be gone before that command is answered.
      await Promise.race([told, first.died()])
      await olivia.says(thread, script.slow('alpha beta gamma delta epsilon omega', 0.5))
      await first.died()
      const agentsBetween = await stage.agents()
      await stage.startBot()
      assert.match((await told).content, /shop/)
      await answeredOnce(stage, olivia, thread, 'alpha beta gamma delta epsilon omega')
      if (agentsBetween.length > 0) {
        await olivia.says(thread, script.say('and then'))
        await stage.botShows(olivia, thread, 'and then')
        const pids = stage.query<{ json: string }>("select json from run_events where type = 'started' order by seq")
        const answering = pids.map((row) => (JSON.parse(row.json) as { pid: number }).pid)
        assert.ok(answering.includes(agentsBetween[0] ?? 0), 'the process of before the kill answered')
      }
      assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 0, 'no attempt was lost')
    })
  }

  test('killed in the middle of a streaming answer, the same message goes on growing', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    const held = script.held(stage, 'one two three four five six seven eight nine ten eleven twelve')
    await olivia.says(thread, held.prompt)
    const growing = await olivia.sees(
      thread,
      (message) => message.author.bot && message.content.includes('three') && !message.content.includes('twelve'),
    )
    const before = await stage.agents()
    await first.kill()
    assert.deepEqual(await stage.agents(), before, 'the agent works on without a bot')
    await stage.startBot()
    held.open()
    const answer = await olivia.sees(
      thread,
      (message) => message.author.bot && message.content.includes('twelve') && message.components.length === 0,
    )
    assert.equal(answer.id, growing.id)
    await answeredOnce(stage, olivia, thread, 'one two three four five six seven eight nine ten eleven twelve')
  })

  test('killed while prompts wait, each is answered once and in order', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    const held = script.held(stage, 'the one at work')
    await olivia.says(thread, held.prompt)
    await stage.botShows(olivia, thread, 'the one')
    for (const nth of ['second', 'third', 'fourth']) await olivia.says(thread, script.say(`the ${nth} prompt`))
    await until(() => stage.query("select 1 from runs where state = 'waiting'").length === 3)
    await first.kill()
    await stage.startBot()
    held.open()
    for (const nth of ['second', 'third', 'fourth']) await answeredOnce(stage, olivia, thread, `the ${nth} prompt`)
    const order = stage.query<{ json: string }>("select json from run_events where type = 'said' order by seq")
    const said = order
      .map((row) => JSON.parse(row.json) as { text: string; whole: boolean })
      .filter((each) => each.whole)
    assert.deepEqual(said.map((each) => each.text.trim()).slice(-3), [
      'the second prompt',
      'the third prompt',
      'the fourth prompt',
    ])
  })

  test('killed during a tool call, the tool goes on and the answer comes', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    const tool = script.tool(stage, 'after the tool')
    await olivia.says(thread, tool.prompt)
    await stage.botShows(olivia, thread, tool.shows)
    const before = await stage.agents()
    await first.kill()
    await stage.startBot()
    tool.ends()
    await answeredOnce(stage, olivia, thread, 'after the tool')
    for (const pid of before.slice(0, 1)) assert.ok((await stage.agents()).includes(pid), 'the same process')
  })

  test('killed together with its agent, a second attempt answers', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    const held = script.held(stage, 'one two three four five six seven eight')
    await olivia.says(thread, held.prompt)
    const growing = await stage.botShows(olivia, thread, /two/)
    await first.kill()
    for (const pid of await stage.agents()) process.kill(pid, 'SIGKILL')
    held.open()
    await stage.startBot()
    await answeredOnce(stage, olivia, thread, 'one two three four five six seven eight')
    const [answer] = (await stage.botMessages(olivia, thread)).filter((message) => message.repliesTo !== null)
    assert.equal(answer?.id, growing.id, 'what the lost attempt had said was replaced')
    assert.equal(stage.query("select 1 from run_events where type = 'lost'").length, 1)
  })

  test('killed while the agent rests, the next prompt finds the same process', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    await olivia.says(thread, script.say('before the kill'))
    await answeredOnce(stage, olivia, thread, 'before the kill')
    const before = await stage.agents()
    await first.kill()
    const second = await stage.startBot()
    assert.equal((await second.health())['cliProcessCount'], 1)
    await olivia.says(thread, script.say('after the kill'))
    await answeredOnce(stage, olivia, thread, 'after the kill')
    assert.deepEqual(await stage.agents(), before)
  })

  test('what was written while the bot was down is answered, in order and once', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    await first.kill()
    await olivia.says(thread, script.say('written in the dark'))
    await olivia.says(thread, script.say('and another'))
    await stage.startBot()
    await answeredOnce(stage, olivia, thread, 'written in the dark')
    await answeredOnce(stage, olivia, thread, 'and another')
  })

  test('SIGTERM leaves the agents working, and the next life carries on', async () => {
    await using script = await open()
    await using stage = await Stage.open({ ownProcess: true, env: script.env })
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', script.runtime)
    const held = script.held(stage, 'one two three four five six seven eight')
    await olivia.says(thread, held.prompt)
    await olivia.sees(thread, (message) => message.author.bot && message.content.includes('two'))
    const before = await stage.agents()
    assert.equal(await first.terminate(), 0)
    assert.deepEqual(await stage.agents(), before)
    await stage.startBot()
    held.open()
    await answeredOnce(stage, olivia, thread, 'one two three four five six seven eight')
  })
}

/** Kills the bot again and again, whatever it is at. */
export function manyKills(open: () => Promise<Script>): void {
  test('killed twenty times at random moments, every prompt is answered exactly once', async () => {
    await using script = await open()
    await using stage = await Stage.open({
      ownProcess: true,
      timings: usualTimings,
      env: { ...script.env, OMC_MAX_ACTIVE_CLIS: '3', OMC_PER_USER_MAX_QUEUED: '20' },
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
        await until(
          () => stage.query("select 1 from runs where state <> 'over'").length === 0,
          60_000,
          'the queue to drain',
        )
      const pauseMs = (round * 137) % 700
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await bot.kill()
      bot = await stage.startBot()
    }
    for (const [thread, text] of expected) await answeredOnce(stage, olivia, thread, text)
  })
}
