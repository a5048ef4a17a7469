import { textOf } from 'loopback-discord'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

const busy = '!until never the one at work goes on'

function waitingRuns(stage: Stage): number {
  return stage.query("select 1 from runs where state = 'waiting'").length
}

describe('the queue', { concurrency: true }, () => {
  test('a waiting card says where it stands and what of one’s own is at work, and moves up', async () => {
    await using stage = await Stage.open({ env: { OMC_PER_USER_MAX_ACTIVE: '1' } })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    const other = await stage.session(olivia, 'till')
    await olivia.says(thread, busy)
    const first = await stage.botShows(olivia, thread, 'the one')
    await olivia.says(other, '!say the next of mine')
    await olivia.says(other, '!say and one behind it')
    const card = await stage.botShows(olivia, other, /place 2.*your 1 of 1 run here is at work/)

    const waits = await (await olivia.runs('work', '/wait')).settled()
    assert.ok(waits.ephemeral)
    assert.match(textOf(waits), /^2 of your prompts are waiting\./)
    assert.match(textOf(waits), /\*\*till\*\* in <#\d+> · place 1/)
    assert.equal(textOf(waits).match(/discord\.com\/channels\/\d+\/\d+\/\d+/g)?.length, 2)
    const bob = await stage.sandbox.actor('bob')
    const refused = await (await bob.runs('work', '/wait')).settled()
    assert.ok(refused.ephemeral)
    assert.match(refused.content, /You have no tier here/)

    await olivia.clicks(first, 'Stop')
    await stage.botShows(olivia, other, 'the next of mine')
    await stage.botShows(olivia, other, 'and one behind it')
    const moved = (await stage.botMessages(olivia, other)).find((message: SeenMessage) => message.id === card.id)
    assert.match(moved?.content ?? '', /behind it/, 'the card became the answer')
    assert.match((await (await olivia.runs('work', '/wait')).settled()).content, /None of your prompts are waiting/)
  })

  test('answers stand in the order of what was asked: no card of what waits stays above the words before it', async () => {
    // Whoever waits is shown when what is before them stands there, however long that takes here.
    await using stage = await Stage.open({ timings: { silentForMs: patienceMs } })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until noon first and its end')
    await olivia.says(thread, '!say second')
    await olivia.says(thread, '!say third')
    const card = await stage.botShows(olivia, thread, /place 2/i)
    const replies = async (): Promise<readonly SeenMessage[]> =>
      (await stage.botMessages(olivia, thread)).filter(({ repliesTo }) => repliesTo !== null)
    const [above] = await replies()
    assert.match(above?.content ?? '', /^first/)
    // It is posted again, and stands beneath those who wait.
    await olivia.deletes(above as SeenMessage)
    await until(async () => (await replies()).at(-1)?.content.startsWith('first') ?? false)
    stage.opens('noon')
    await stage.botShows(olivia, thread, 'third')
    const words = (await replies()).map(({ content }) => content.match(/first|second|third/)?.[0])
    assert.deepEqual(words, ['first', 'second', 'third'])
    assert.ok((await replies()).every(({ id }) => id !== card.id))
  })

  test('what waits is taken back by its button under /wait, by nobody else', async () => {
    await using stage = await Stage.open({ env: { OMC_PER_USER_MAX_ACTIVE: '1' } })
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, busy)
    await stage.botShows(olivia, thread, 'the one')
    for (const words of ['first', 'second']) await olivia.says(thread, `!say ${words}`)
    await until(() => waitingRuns(stage) === 2)
    // The line is measured now and then, not with every prompt.
    await stage.botShows(olivia, thread, /place 2/i)
    const waits = await (await olivia.runs('work', '/wait')).settled()
    const [, run] = stage.query<{ id: string }>("select id from runs where state = 'waiting' order by asked_seq")
    const second = `queue:withdraw:${run?.id}`
    const told = await (await olivia.clicks(waits, second)).settled()
    assert.ok(told.ephemeral)
    assert.equal(told.content, '■ Taken out of the queue. It had not begun.')
    assert.equal(waitingRuns(stage), 1)
    const again = await (await olivia.clicks(waits, second)).settled()
    assert.match(again.content, /Nothing runs or waits here/)
    const left = await (await olivia.runs('work', '/wait')).settled()
    assert.match(textOf(left), /^One of your prompts is waiting\./)
  })

  test('what waits too long expires with a word, also when the bot was dead meanwhile', async () => {
    await using stage = await Stage.open({ ownProcess: true, env: { OMC_QUEUE_STALE_MS: '4000' } })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, busy)
    await stage.botShows(olivia, thread, 'the one')
    await olivia.says(thread, '!say too late for this')
    await stage.botShows(olivia, thread, /⚠ It waited for/)
    await olivia.says(thread, '!say and for that')
    await until(() => stage.query('select 1 from runs').length === 3)
    await bot.kill()
    const [waits] = stage.query<{ at: number }>(
      "select at from run_events where type = 'asked' order by seq desc limit 1",
    )
    await until(() => Date.now() > (waits?.at ?? 0) + 4000, patienceMs, 'the end of its time')
    await stage.startBot()
    await until(() => waitingRuns(stage) === 0)
    const expired = stage.query<{ json: string }>("select json from run_events where type = 'refused'")
    assert.equal(expired.length, 2)
    for (const { json } of expired) assert.match(json, /"expired"/)
    await until(async () => {
      const said = (await stage.botMessages(olivia, thread)).filter(({ embeds }) =>
        JSON.stringify(embeds).includes('It waited for'),
      )
      return said.length === 2
    })
    assert.equal(stage.query("select 1 from runs where state = 'running'").length, 1, 'what is at work works on')
  })

  test('/steer: what the agent cannot take in mid-turn waits as a prompt, once, and rights are those of the run', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop')
    const set = await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'member' })
    await set.settled()

    // Nothing is at work: it is a prompt.
    const idle = await (await bob.runs(thread, '/steer', { text: '!say from an idle steer' })).settled()
    assert.ok(!idle.ephemeral)
    await stage.botShows(bob, thread, /from an idle steer$/)

    await olivia.says(thread, busy)
    const growing = await stage.botShows(olivia, thread, 'the one')
    const above = await (await bob.runs(thread, '/steer', { text: 'go faster' })).settled()
    assert.ok(above.ephemeral, 'a member does not lead what acts with the rights of an owner')
    assert.match(above.content, /rights of an owner/)
    const steered = await (await olivia.runs(thread, '/steer', { text: 'hear *this*' })).settled()
    assert.match(steered.content, /hear \\\*this\\\*/)
    const journal = stage.query<{ type: string }>("select type from run_events where json like '%hear *this*%'")
    assert.equal(journal[0]?.type, 'steered', 'kept before anything else')
    await olivia.clicks(growing, 'Stop')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)

    await bob.says(thread, busy)
    await until(() => stage.query("select 1 from runs where state = 'running'").length === 1)
    const own = await (await bob.runs(thread, '/steer', { text: 'my own run' })).settled()
    assert.ok(!own.ephemeral)
    const owners = await (await olivia.runs(thread, '/steer', { text: 'an owner may' })).settled()
    assert.ok(!owners.ephemeral)
    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
    const guest = await (await bob.runs(thread, '/steer', { text: 'as a guest' })).settled()
    assert.match(guest.content, /You are a guest here/)
  })

  test('/steer: the agent hears the word in mid-turn, once, also when the bot is killed behind it', async () => {
    await using stage = await Stage.open({ ownProcess: true })
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until heard one two three four five six seven eight nine ten eleven twelve')
    await stage.botShows(olivia, thread, 'one')
    const told = await (await olivia.runs(thread, '/steer', { text: 'and quickly' })).settled()
    assert.match(told.content, /^» @\w+ · Passed on to the run at work: and quickly/)
    await stage.botShows(olivia, thread, 'Steered: and quickly')
    await bot.kill()
    await stage.startBot()
    stage.opens('heard')
    await stage.botShows(olivia, thread, 'twelve')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    const words = (await stage.botMessages(olivia, thread)).map(({ content }) => content).join('\n')
    assert.equal(words.split('Steered: and quickly').length - 1, 1, words)
    assert.equal(stage.query('select 1 from runs').length, 1, 'it became no prompt as well')
  })

  test('the Steer button opens a form, and what is sent by it reaches the running turn once', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until heard one two three four five six seven eight nine ten eleven twelve')
    const growing = await olivia.sees(thread, (message) => JSON.stringify(message.components).includes('Steer'))
    const opened = await olivia.clicks(growing, 'Steer')
    assert.ok(opened.modal, 'a form asks for the word')
    await olivia.submits(opened.modal, { 'A word for the run at work': 'and quickly' })
    await stage.botShows(olivia, thread, '» @olivia · Passed on to the run at work: and quickly')
    await stage.botShows(olivia, thread, 'Steered: and quickly')
    stage.opens('heard')
    await stage.botShows(olivia, thread, 'twelve')
    assert.equal(stage.query('select 1 from runs').length, 1, 'it became no prompt as well')
  })

  test('a Steer form that is sent when its run is over goes to no other run: it becomes a prompt of its own', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const [olivia, alice] = [await stage.sandbox.actor('olivia'), await stage.sandbox.actor('alice')]
    const thread = await stage.session(olivia, 'shop')
    await olivia.says(thread, '!until first one two')
    const card = await olivia.sees(thread, (message) => JSON.stringify(message.components).includes('Steer'))
    await alice.says(thread, '!until second three four')
    const opened = await olivia.clicks(card, 'Steer')
    assert.ok(opened.modal)
    stage.opens('first')
    await stage.botShows(alice, thread, 'three')
    await olivia.submits(opened.modal, { 'A word for the run at work': '!say in its turn' })
    await stage.botShows(olivia, thread, 'waits as a prompt of its own')
    stage.opens('second')
    await stage.botShows(olivia, thread, /^in its turn/)
    assert.equal(stage.query("select 1 from run_events where type = 'steered'").length, 0)
    assert.equal(stage.query('select 1 from runs').length, 3)
  })

  test('Korean people read about tiers and the queue in Korean', async () => {
    await using stage = await Stage.open()
    await stage.startBot()
    const minji = await stage.sandbox.actor('minji')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(minji, 'shop')
    await minji.says(thread, busy)
    await stage.botShows(minji, thread, 'the one')
    await minji.says(thread, '!say 다음 요청')
    await stage.botShows(minji, thread, /대기 중 · 1번째/)
    const answers = [
      ['/wait', {}, /요청 1개가 기다리고 있어요/],
      ['/steer', { text: '빨리' }, /전했어요: 빨리/],
      ['/permission set', { user: bob.id, tier: 'guest' }, /이제 .*\*\*guest\*\*예요/],
      ['/permission list', {}, /\*\*guest\*\*/],
      ['/why', { action: 'prompt' }, /할 수 있어요/],
    ] as const
    for (const [line, options, expected] of answers) {
      assert.match(textOf(await (await minji.runs(thread, line, options)).settled()), expected, line)
    }
  })
})
