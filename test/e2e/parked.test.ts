import { textOf } from 'loopback-discord'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { BotBench } from '../clis/bot-bench.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { standIn } from '../models/stand-in.ts'
import { noon } from './stage-clock.ts'
import { Stage, until } from './stage.ts'
import { patienceMs } from '../patience.ts'

/** A subscription: with a key the CLI says nothing of quotas. */
const subscription = { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'dummy-token-for-the-scripted-model' }

function isWhole(message: SeenMessage, text: string): boolean {
  return message.author.bot && message.content.includes(text) && message.components.length === 0
}

/** The service's refusal of one request, with what it says of the quota. */
function refused(claim: string | null, reset: string | null, more: Readonly<Record<string, string>> = {}) {
  const headers: Record<string, string> = { ...more }
  if (claim !== null) {
    headers['anthropic-ratelimit-unified-status'] = 'rejected'
    headers['anthropic-ratelimit-unified-representative-claim'] = claim
  }
  if (reset !== null) headers['anthropic-ratelimit-unified-reset'] = reset
  return { status: 429, type: 'rate_limit_error', message: 'over the limit', headers, times: 1 }
}

/** As long as everything takes from the refusal until all has been seen before the reset, on a busy machine. */
const resets = 'in 40 s'
const longer = { within: 2 * patienceMs }

/** When it goes on, in seconds since 1970, as a message tells it. */
function resetIn(message: SeenMessage): number {
  const shown = JSON.stringify(message)
  const [, at = ''] = /by myself at <t:(\d+):/.exec(shown) ?? []
  assert.notEqual(at, '', shown)
  return Number(at)
}

const tool: StepInput = { tool: 'Bash', input: { command: 'echo a first step', description: 'a step' } }

function statesOf(stage: Stage): readonly string[] {
  return stage.query<{ state: string }>('select state from runs order by asked_seq').map(({ state }) => state)
}

describe('a quota that is used up', { concurrency: true }, () => {
  test('the run is parked until the reset and goes on there, and others of the account wait without a try', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary, subscription)
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const other = await stage.session(olivia, 'till', 'claude')
    const full = { error: refused('five_hour', resets), text: 'Done after the reset.' }
    await olivia.says(thread, scripted([tool, full]))
    const card = await stage.botShows(olivia, thread, `⏸ Claude's 5-hour window is full. I go on by myself at <t:`)
    const resetsAt = resetIn(card)
    assert.ok(
      card.embeds.some(({ description = '' }) => (description ?? '').includes(`<t:${resetsAt}:t> (<t:${resetsAt}:R>)`)),
    )
    assert.deepEqual(statesOf(stage), ['parked'])
    const asked = model.requests.length
    await olivia.says(other, scripted([{ text: 'The other one.' }]))
    await stage.botShows(olivia, other, `⏸ Claude's 5-hour window is full. This starts by itself at <t:${resetsAt}:t>`)
    await stage.botShows(olivia, other, '2nd of 2')
    const waits = await (await olivia.runs('work', '/wait')).settled()
    assert.match(textOf(waits), /^2 of your prompts are waiting\./)
    assert.equal(model.requests.length, asked, 'nobody was asked in vain')

    const answer = await olivia.sees(thread, (message) => isWhole(message, 'Done after the reset.'), longer)
    assert.equal(answer.id, card.id)
    await olivia.sees(other, (message) => isWhole(message, 'The other one.'), longer)
    const body = JSON.stringify(model.requests.filter(({ prompt }) => prompt.includes('after the reset')).at(-1)?.body)
    assert.equal(body.split('Done after the reset.').length - 1, 1, 'the prompt stands there once')
    assert.match(body, /Continue from where you left off\./)
    assert.match(body, /a first step/, 'what was done before is known')
    const run = stage.query<{ attempt: number; parks: number }>('select attempt, parks from runs order by asked_seq')[0]
    assert.deepEqual({ ...run }, { attempt: 2, parks: 1 })
  })

  test('a bot that was dead when the quota came back goes on with it, and what is withdrawn stays so', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary, subscription)
    const { stage, model } = bench
    const bot = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const other = await stage.session(olivia, 'till', 'claude')
    const error = refused('seven_day', resets)
    await olivia.says(thread, scripted([{ error, text: 'Done by the next life.' }]))
    const resetsAt = resetIn(await stage.botShows(olivia, thread, `⏸ Claude's weekly window is full.`))
    await olivia.says(other, scripted([{ text: 'Never to be said.' }]))
    const held = await stage.botShows(olivia, other, 'This starts by itself')
    await olivia.clicks(held, 'Withdraw')
    await until(() => statesOf(stage).join() === 'parked,over')
    await bot.kill()
    await until(() => Date.now() > resetsAt * 1000, longer.within, 'the reset')
    await stage.startBot()
    await olivia.sees(thread, (message) => isWhole(message, 'Done by the next life.'))
    assert.ok(!model.requests.some(({ prompt }) => prompt.includes('Never to be said.')))
    assert.equal(model.requests.length, 2)
  })

  test('a parked run is withdrawn by its button, and the session goes on', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary, subscription)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const error = refused('five_hour', 'in 3600 s')
    await olivia.says(thread, scripted([{ error, text: 'Never to be said.' }]))
    const card = await stage.botShows(olivia, thread, 'I go on by myself')
    const health = await (await olivia.runs('work', '/health')).settled()
    assert.match(health.content, /1 waiting/)
    // Whoever ends a rest that an owner has set ends no quota, and is told so.
    for (const [command, says] of [
      ['/account rest', /is set aside until `\/account unrest`/],
      ['/account unrest', /`claude:default` is no longer set aside\.\n⏸ \*\*Claude\*\* · 5-hour window is full until/],
    ] as const)
      assert.match(textOf(await (await olivia.runs('work', command, { account: 'claude:default' })).settled()), says)
    await olivia.clicks(card, 'Withdraw')
    await stage.botShows(olivia, thread, /■ Stopped by @olivia/)
    assert.deepEqual(statesOf(stage), ['over'])
  })

  test('what no waiting helps is said as that, with what to do; the next prompt is tried', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary, subscription)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const out = { 'anthropic-ratelimit-unified-overage-disabled-reason': 'out_of_credits' }
    await olivia.says(thread, scripted([{ error: refused('seven_day_overage_included', null, out) }]))
    await stage.botShows(olivia, thread, /Waiting does not help: an owner has to buy credits or change its plan/)
    await olivia.says(thread, scripted([{ text: 'Served again.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Served again.'))
    assert.deepEqual(statesOf(stage), ['over', 'over'])
  })

  test('paid use beyond the quota is no limit', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary, subscription)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const { headers } = refused('five_hour', 'in 3600 s')
    const paid = { ...headers, 'anthropic-ratelimit-unified-overage-in-use': 'true' }
    await olivia.says(thread, scripted([{ text: 'Served, for money.', headers: paid }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Served, for money.'))
    await olivia.says(thread, scripted([{ text: 'And once more.', headers: paid }]))
    await olivia.sees(thread, (message) => isWhole(message, 'And once more.'))
    const [account] = stage.query<{ json: string }>('select json from accounts')
    assert.match(account?.json ?? '', /"paid":true/)
  })

  test('/usage shows what the account has left, and others’ sums to owners alone; what is left is kept for who had less', async () => {
    using claude = standIn('claude')
    // `/usage` is of today: no day ends meanwhile.
    const env = { ...subscription, OMC_WINDOW_RESERVE: '10' }
    await using bench = await BotBench.open(claude.binary, env, (options) => Stage.open({ ...options, startsAt: noon }))
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'member' })).settled()
    const resetsAt = noon / 1000 + 4.9 * 3600
    const used = (utilization: number) => ({
      'anthropic-ratelimit-unified-status': 'allowed_warning',
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      'anthropic-ratelimit-unified-reset': String(resetsAt),
      'anthropic-ratelimit-unified-5h-utilization': String(utilization),
    })
    await olivia.says(thread, scripted([{ text: 'The first answer.', headers: used(0.91) }]))
    await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'))
    const mine = await (await olivia.runs(thread, '/usage', { by: 'person' })).settled()
    assert.ok(mine.ephemeral)
    assert.match(mine.content, new RegExp(`\\*\\*Claude\\*\\* · 5-hour window 91 % used, resets <t:${resetsAt}:R>`))
    assert.match(mine.content, new RegExp(`<@${olivia.id}> · 120 tokens · ≈ <\\$0\\.01`))
    const his = await (await bob.runs(thread, '/usage', { by: 'person', days: '7' })).settled()
    assert.match(his.content, /Used by you in the last 7 days: nothing\./)
    assert.ok(!his.content.includes(olivia.id))
    const health = await (await bob.runs(thread, '/health')).settled()
    assert.match(health.content, /5-hour window 91 % used/)
    assert.doesNotMatch(mine.content, /of it was yours/, 'nobody shares it yet')

    const other = await stage.session(olivia, 'till', 'claude')
    await bob.says(other, scripted([{ text: 'A short one.', headers: used(0.92) }]))
    await olivia.sees(other, (message) => isWhole(message, 'A short one.'))
    const usage = { input_tokens: 90_000, output_tokens: 2000 }
    await olivia.says(thread, scripted([{ text: 'Her burst.', headers: used(0.95), usage }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Her burst.'))
    await olivia.says(thread, scripted([{ text: 'What came after it.', headers: used(0.5) }]))
    await stage.botShows(
      olivia,
      thread,
      /What is left of Claude's 5-hour window \(about 5 %\) is kept for people who had/,
    )
    const hers = await (await olivia.runs(thread, '/usage')).settled()
    assert.match(
      hers.content,
      /› Claude's 5-hour window: about 9\d % of it was yours · 10 % kept for each of 2 people · the rest of it is for others until <t:/,
    )
    await bob.says(other, scripted([{ text: 'There was some left.', headers: used(0.5) }]))
    await olivia.sees(other, (message) => isWhole(message, 'There was some left.'))
    await olivia.sees(thread, (message) => isWhole(message, 'What came after it.'))
  })

  for (const dieAt of ['claimed:2', 'piece-committed:2'])
    test(`a bot that dies at ${dieAt}, when the run is parked or goes on, has it go on once`, async () => {
      using claude = standIn('claude')
      await using bench = await BotBench.open(claude.binary, subscription)
      const { stage, model } = bench
      const bot = await stage.startBot({ dieAt })
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      const error = refused('five_hour', resets)
      await olivia.says(thread, scripted([{ error, text: 'Said once.' }]))
      await bot.died()
      await stage.startBot()
      await olivia.sees(thread, (message) => isWhole(message, 'Said once.'), longer)
      assert.equal(model.requests.length, 2, 'one was refused, one was answered')
      const body = JSON.stringify(model.requests.at(-1)?.body)
      assert.equal(body.split('Continue from where you left off.').length - 1, 1)
    })
})
