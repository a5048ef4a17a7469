import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { controlsOf, textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until, type Stage } from '../e2e/stage.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall } from './install.ts'

/** The real CLIs at the end of a budget. Run it sealed, as all of this folder. */
const claude = claudeBinary()
const codex = codexBinary()

async function limit(actor: Actor, place: SeenPlace, amount: string): Promise<void> {
  await (await actor.runs(place, '/budget set', { limit: amount, each: 'run' })).settled()
}

function asks(actor: Actor, place: SeenPlace): Promise<SeenMessage> {
  const isAsking = (message: SeenMessage): boolean => JSON.stringify(controlsOf(message)).includes('Allow once')
  return actor.sees(place, (message) => isAsking(message) && textOf(message).includes('has used up'))
}

function isWhole(message: SeenMessage, text: string): boolean {
  return message.author.bot && message.content.includes(text) && message.components.length === 0
}

function used(stage: Stage): number {
  const [row] = stage.query<{ all: number | null }>(
    'select sum(input + cache_read + cache_write + output) as "all" from ledger where estimated = 0',
  )
  return row?.all ?? 0
}

const each = 32_410
const usage = {
  input_tokens: 10,
  cache_creation_input_tokens: 2000,
  cache_read_input_tokens: 30_000,
  output_tokens: 400,
}

function writes(name: string): StepInput {
  return { tool: 'Bash', input: { command: `echo ${name} >> steps.txt`, description: 'a step' }, usage }
}

describe('the real Claude CLI at the end of a budget', { ...sideBySide, skip: claude === null && howToInstall }, () => {
  test('it stands still before the tool, a sub-agent’s too; let on by an owner, it does what is left, once', async () => {
    await using bench = await BotBench.open(claude ?? '')
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await limit(olivia, thread, '60k tokens')
    const steps = [writes('one'), writes('two'), { text: 'All is done.', usage }]
    await olivia.says(thread, scripted(steps))
    const question = await asks(olivia, thread)
    assert.equal(used(stage), 2 * each, 'the second call took it over its limit, and there was no third')
    assert.equal(model.requests.length, 2)
    await olivia.clicks(question, 'Allow once')
    await olivia.sees(thread, (message) => isWhole(message, 'All is done.'))
    const body = JSON.stringify(model.requests.at(-1)?.body)
    assert.match(body, /Continue from where you left off\./)
    const [run] = stage.query<{ attempt: number; parks: number }>('select attempt, parks from runs')
    assert.deepEqual({ ...run }, { attempt: 2, parks: 1 })

    const inner = scripted([
      writes('inside one'),
      writes('inside two'),
      writes('inside three'),
      { text: 'Seen.', usage },
    ])
    const task = {
      tool: 'Task',
      input: { description: 'look', subagent_type: 'general-purpose', prompt: inner },
      usage,
    }
    const before = used(stage)
    await olivia.says(thread, scripted([task, { text: 'Never said.', usage }]))
    const second = await asks(olivia, thread)
    assert.equal(used(stage) - before, 2 * each, 'one call of its own and one of its sub-agent')
    await olivia.clicks(second, 'Stop')
    await stage.botShows(olivia, thread, /■ Stopped by @olivia/)
  })

  test('a bot that dies while the CLI stands still: it does nothing meanwhile, and the next life lets it on', async () => {
    await using bench = await BotBench.open(claude ?? '')
    const { stage, model } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await limit(olivia, thread, '900k tokens')
    const held = { ...writes('one'), gate: { name: 'held', at: 0 } }
    await olivia.says(thread, scripted([held, writes('two'), { text: 'All is done.', usage }]))
    await model.gate('held').reached()
    await first.kill()
    model.gate('held').open()
    await until(() => model.requests[0]?.state === 'answered')
    await stage.startBot()
    await olivia.sees(thread, (message) => isWhole(message, 'All is done.'))
    assert.equal(model.requests.length, 3)
    assert.equal(used(stage), 3 * each)
  })
})

describe('the real Codex CLI at the end of a budget', { ...sideBySide, skip: codex === null && howToInstall }, () => {
  test('it is interrupted when it tells what a call has used, and goes on when it is let', async () => {
    await using bench = await CodexBot.open(codex ?? '', { looksUp: false })
    const { stage, login } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    await limit(olivia, thread, '1.5k tokens')
    const counts = { input_tokens: 1000, output_tokens: 50 }
    const step = (name: string): StepInput => ({ tool: 'exec_command', input: { cmd: `echo ${name}` }, usage: counts })
    // However long the bot takes to stop it: no third answer comes before somebody is asked.
    const slow = { ...step('three'), text: 'The third.', gate: { name: 'third', at: 0 } }
    await olivia.says(thread, scripted([step('one'), step('two'), slow, { text: 'All is done.', usage: counts }]))
    const question = await asks(olivia, thread)
    assert.equal(used(stage), 2100)
    const asked = login.model.requests.length
    assert.ok(asked <= 3, 'at the most one call was broken off')
    login.model.gate('third').open()
    await olivia.clicks(question, 'Allow once')
    await stage.botShows(olivia, thread, 'All is done.')
    await until(() => stage.query("select 1 from runs where state = 'over'").length === 1)
    assert.equal(used(stage), 4 * 1050)
  })
})
