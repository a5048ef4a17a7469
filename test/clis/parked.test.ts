import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../e2e/stage.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall } from './install.ts'

/** The real CLIs at the end of a quota. Run it sealed, as all of this folder. */
const claude = claudeBinary()
const codex = codexBinary()

function isWhole(message: SeenMessage, text: string): boolean {
  return message.author.bot && message.content.includes(text) && message.components.length === 0
}

/** As long as everything takes from the refusal until people see it, on a busy machine. */
const resets = 'in 40 s'

describe('the real Claude CLI at the end of a quota', { ...sideBySide, skip: claude === null && howToInstall }, () => {
  const subscription = { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: 'dummy-token-for-the-scripted-model' }
  const tool: StepInput = { tool: 'Bash', input: { command: 'echo a first step', description: 'a step' } }
  const rejected = (claim: string, reset: string) => ({
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-representative-claim': claim,
    'anthropic-ratelimit-unified-reset': reset,
  })

  test('in the middle of a turn: parked, and gone on with in the same process at the reset', async () => {
    await using bench = await BotBench.open(claude ?? '', subscription)
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const headers = rejected('five_hour', resets)
    const error = { status: 429, type: 'rate_limit_error', message: 'over the limit', headers, times: 1 }
    await olivia.says(thread, scripted([tool, { error, text: 'Done after the reset.' }]))
    await stage.botShows(olivia, thread, /I go on by myself at <t:\d+:t>/)
    await olivia.sees(thread, (message) => isWhole(message, 'Done after the reset.'))
    const body = JSON.stringify(model.requests.at(-1)?.body)
    assert.equal(body.split('Done after the reset.').length - 1, 1, 'the prompt stands there once')
    assert.match(body, /Continue from where you left off\./)
    assert.match(body, /a first step/)
    const [first, second] = bench.started
    assert.deepEqual([second?.pid, second?.warm], [first?.pid, true])
  })

  test('paid use beyond the quota is no limit, and a sub-agent that was refused parks nobody', async () => {
    await using bench = await BotBench.open(claude ?? '', subscription)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const paid = {
      ...rejected('five_hour', 'in 3600 s'),
      'anthropic-ratelimit-unified-overage-status': 'allowed',
      'anthropic-ratelimit-unified-overage-in-use': 'true',
    }
    await olivia.says(thread, scripted([{ text: 'Served, for money.', headers: paid }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Served, for money.'))
    const headers = rejected('five_hour', 'in 3600 s')
    const inner = scripted([{ error: { status: 429, type: 'rate_limit_error', message: 'over the limit', headers } }])
    const task = { tool: 'Task', input: { description: 'look', subagent_type: 'general-purpose', prompt: inner } }
    await olivia.says(thread, scripted([task, { text: 'Done without it.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Done without it.'))
    const states = stage.query<{ state: string; parks: number }>('select state, parks from runs')
    assert.deepEqual(
      states.map((row) => ({ ...row })),
      [
        { state: 'over', parks: 0 },
        { state: 'over', parks: 0 },
      ],
    )
  })
})

describe('the real Codex CLI at the end of a quota', { ...sideBySide, skip: codex === null && howToInstall }, () => {
  const limited = (usedPercent: number, reset: string) => ({
    'x-codex-primary-used-percent': String(usedPercent),
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': reset,
  })

  test('in the middle of a turn: parked, and gone on with in the same conversation at the reset', async () => {
    await using bench = await CodexBot.open(codex ?? '', { looksUp: false })
    const { stage, login } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    const headers = limited(100, resets)
    const error = {
      status: 429,
      type: 'usage_limit_reached',
      message: 'The usage limit has been reached',
      headers,
      times: 1,
    }
    const step = { tool: 'exec_command', input: { cmd: 'echo a first step' } }
    await olivia.says(thread, scripted([step, { error, text: 'Done after the reset.' }]))
    await stage.botShows(olivia, thread, /Codex's 5-hour window is full\. I go on by myself at <t:\d+:t>/)
    await olivia.sees(thread, (message) => isWhole(message, 'Done after the reset.'))
    const body = JSON.stringify(login.model.requests.at(-1)?.body)
    assert.equal(body.split('Done after the reset.').length - 1, 1, 'the prompt stands there once')
    assert.match(body, /Continue from where you left off/)
    assert.match(body, /a first step/)
  })

  test('what no waiting helps is said as that', async () => {
    await using bench = await CodexBot.open(codex ?? '', { looksUp: false })
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    const error = { status: 429, type: 'insufficient_quota', message: 'You exceeded your current quota' }
    await olivia.says(thread, scripted([{ error }]))
    await stage.botShows(olivia, thread, /Waiting does not help: an owner has to buy credits or change its plan/)
    await until(() => stage.query("select 1 from runs where state = 'over'").length === 1)
  })
})
