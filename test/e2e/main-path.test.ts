import { textOf } from 'loopback-discord'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Stage, until } from './stage.ts'

describe('the main path', { concurrency: true }, () => {
  test('a person starts a session, writes, and sees the answer grow in one message', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')

    await olivia.says(thread, '!until more one two three four\n!until end five six seven eight')
    const growing = await olivia.sees(
      thread,
      (message) => message.author.bot && message.content.includes('three') && !message.content.includes('four'),
    )
    stage.opens('more')
    await olivia.sees(thread, (message) => message.content.includes('seven') && !message.content.includes('eight'))
    stage.opens('end')
    const answer = await olivia.sees(
      thread,
      (message) => message.author.bot && message.content.includes('eight') && message.components.length === 0,
    )
    assert.equal(answer.id, growing.id, 'the answer grew in the message in which it had begun')
    assert.ok(answer.revisions.length > 2, 'it grew by edits')
    assert.equal(answer.content.match(/one two three/g)?.length, 1)
    assert.ok(JSON.stringify(answer.embeds).includes('✓'), 'the card has shrunk to its last line')

    const [pid] = await stage.agents()
    await olivia.says(thread, '!say the second answer')
    await olivia.sees(thread, (message) => message.author.bot && message.content.includes('the second answer'))
    assert.deepEqual(await stage.agents(), [pid], 'the second prompt started no process')
  })

  test('Stop ends a run by its button and by /cancel, and the session goes on', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')

    await olivia.says(thread, '!until never this is never to be finished')
    const growing = await olivia.sees(thread, (message) => message.author.bot && message.content.includes('never'))
    const clicked = await olivia.clicks(growing, 'Stop')
    assert.equal(clicked.failed, false)
    const stopped = await stage.botShows(olivia, thread, /■ Stopped/)
    assert.equal(stopped.id, growing.id)
    assert.ok(JSON.stringify(stopped.embeds).includes('olivia'), 'it says who stopped it')

    await olivia.says(thread, '!hang')
    await until(
      () =>
        stage.query<{ state: string }>('select state from runs order by asked_seq desc limit 1')[0]?.state ===
        'running',
    )
    const cancelled = await (await olivia.runs(thread, '/cancel')).settled()
    assert.match(cancelled.content, /■|Stopped/)

    await olivia.says(thread, '!say still here')
    await stage.botShows(olivia, thread, 'still here')
    const nothing = await (await olivia.runs(thread, '/cancel')).settled()
    assert.ok(nothing.ephemeral)
  })

  test('prompts to a busy session wait in order, can be withdrawn, and are all answered', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')

    await olivia.says(thread, '!until asked first of all the prompts here')
    await stage.botShows(olivia, thread, 'first')
    await olivia.says(thread, '!say second')
    await olivia.says(thread, '!say third')
    await olivia.says(thread, '!say fourth')
    const waiting = await stage.botShows(olivia, thread, /place 2/)
    await (await olivia.clicks(waiting, 'Withdraw')).settled()
    stage.opens('asked')
    // Each message is edited in its turn, the last answer's perhaps before the second's.
    for (const text of ['second', 'fourth']) await stage.botShows(olivia, thread, text)
    const answers = (await stage.botMessages(olivia, thread)).filter((message) => message.repliesTo !== null)
    const texts = answers.map((message) => message.content.trim().split(' ')[0] ?? '')
    assert.deepEqual(
      texts.filter((text) => ['first', 'second', 'fourth'].includes(text)),
      ['first', 'second', 'fourth'],
    )
    assert.ok(!texts.includes('third'), 'what was withdrawn was not answered')
  })

  test('who is no owner is told so, politely and to them alone, and reaches nothing', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop')

    for (const [command, options] of [
      ['/session start', { name: 'mine', runtime: 'echo' }],
      ['/session stop', {}],
      ['/session list', {}],
      ['/cancel', {}],
      ['/health', {}],
    ] as const) {
      const outcome = await bob.runs('general', command, options)
      const told = await outcome.settled()
      assert.ok(told.ephemeral, `${command} is refused to bob alone`)
      assert.notEqual(told.content, '')
    }
    assert.deepEqual(await bob.completes('general', '/session start', { runtime: 'echo' }, 'workdir'), [])

    const { id } = await bob.says(thread, 'do something for me')
    await bob.says(thread, 'and more')
    await olivia.says(thread, '!until never alpha beta gamma delta epsilon')
    const growing = await bob.sees(thread, (message) => message.author.bot && message.content.includes('alpha'))
    const clicked = await (await bob.clicks(growing, 'Stop')).settled()
    assert.ok(clicked.ephemeral, 'the click is refused to bob alone')
    const words = (await stage.botMessages(olivia, thread)).filter((message) => message.repliesTo !== null)
    assert.equal(words.length, 1, 'an answer to olivia, and no word about bob')
    await bob.sees(thread, (each) => each.id === id && each.reactions.some(({ emoji }) => emoji === '🚫'))
    assert.equal(stage.query<{ n: number }>('select count(*) n from runs')[0]?.n, 1)
  })

  test('a session is listed, refused twice, and stopped; its place is free again', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const listed = await (await olivia.runs(thread, '/session list')).settled()
    assert.match(textOf(listed), /shop/)

    const again = await (await olivia.runs(thread, '/session start', { name: 'other', runtime: 'echo' })).settled()
    assert.match(again.content, /shop/)
    const taken = await (await olivia.runs('general', '/session start', { name: 'shop', runtime: 'echo' })).settled()
    assert.match(taken.content, /shop/)
    const outside = await olivia.runs('general', '/session start', { name: 'etc', runtime: 'echo', workdir: '/etc' })
    const refused = await outside.settled()
    assert.match(refused.content, /projects/)
    assert.ok(refused.ephemeral)

    await (await olivia.runs(thread, '/session stop')).settled()
    await until(async () => (await stage.agents()).length === 0)
    const restarted = await (await olivia.runs(thread, '/session start', { name: 'shop', runtime: 'echo' })).settled()
    assert.match(restarted.content, /shop/)
  })

  test('the bot speaks Korean to Korean people', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const minji = await stage.sandbox.actor('minji')
    const thread = await minji.opensThread('general', 'shop')
    const started = await (await minji.runs(thread, '/session start', { name: 'shop', runtime: 'echo' })).settled()
    assert.match(started.content, /[가-힣]/)
    await minji.says(thread, '!fail 망했어요')
    await stage.botShows(minji, thread, /[가-힣]+.*⚠|⚠.*[가-힣]+/s)
  })

  test('/health, /healthz and /metrics say how it is', async () => {
    await using stage = await Stage.open()
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const health = await bot.health()
    assert.equal(health['activeSessions'], 1)
    assert.equal(health['queuedCount'], 0)
    assert.deepEqual((health['gateway'] as { state: string }).state, 'ready')
    const told = await (await olivia.runs('general', '/health')).settled()
    assert.ok(told.content.length > 10)
    await olivia.says(thread, '!say counted')
    await stage.botShows(olivia, thread, 'counted')
    await until(async () => (await bot.metrics()).includes('omc_runs_ended_total{outcome="done"} 1'))
    assert.match(await bot.metrics(), /^omc_sessions 1$/m)
  })
})
