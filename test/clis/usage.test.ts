import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { kill, sideBySide } from '../contracts/runtime-stage.ts'
import { noon } from '../e2e/stage-clock.ts'
import { running, Stage, until, type StageOptions } from '../e2e/stage.ts'
import type { ModelRequest } from '../models/ledger.ts'
import { heldText, scripted, type StepInput } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall } from './install.ts'
import { patienceMs } from '../patience.ts'

/** What is booked against what the scripted model billed. Run it sealed, as all of this folder. */
const binary = claudeBinary()

const usage = {
  input_tokens: 10,
  cache_creation_input_tokens: 2000,
  cache_read_input_tokens: 30_000,
  output_tokens: 400,
}
const tool: StepInput = { tool: 'Bash', input: { command: 'echo a step', description: 'a step' }, usage }

/** What is used is booked by days: none ends meanwhile. */
const atNoon = (options: StageOptions): Promise<Stage> => Stage.open({ ...options, startsAt: noon })

interface Booked {
  readonly estimated: number
  readonly model: string
  readonly input: number
  readonly cache_read: number
  readonly cache_write: number
  readonly output: number
  readonly nano_usd: number | null
}

const billedOnce = { input: 10, cache_read: 30_000, cache_write: 2000, output: 400 }

function times(count: number): typeof billedOnce {
  const { input, cache_read, cache_write, output } = billedOnce
  return {
    input: input * count,
    cache_read: cache_read * count,
    cache_write: cache_write * count,
    output: output * count,
  }
}

function booked(bench: BotBench, estimated: 0 | 1): readonly Booked[] {
  return bench.stage
    .query<Booked>('select * from ledger')
    .map((row) => ({ ...row }))
    .filter((row) => row.estimated === estimated)
}

/** Requests that were answered to their end: what a service bills whole. */
function answered({ model }: BotBench): number {
  return model.requests.filter(({ state }: ModelRequest) => state === 'answered').length
}

describe(
  'what the real Claude CLI used is booked as it was billed',
  { ...sideBySide, skip: binary === null && howToInstall },
  () => {
    const isWhole = (message: SeenMessage, text: string): boolean =>
      message.author.bot && message.content.includes(text) && message.components.length === 0

    test('tools, a sub-agent and the next turn of the same process: every call once, and while it works (E4)', async () => {
      await using bench = await BotBench.open(binary ?? '', {}, atNoon)
      const { stage, model } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      const inner = scripted([tool, { ...heldText('Seen', ' inside.'), usage }])
      const task = {
        tool: 'Task',
        input: { description: 'look inside', subagent_type: 'general-purpose', prompt: inner },
      }
      await olivia.says(thread, scripted([tool, { ...task, usage }, { text: 'All is done.', usage }]))
      await model.gate('held').reached()
      // The turn is still at work: two calls of its own and one of its sub-agent are booked, the fourth is open.
      await until(() => booked(bench, 0)[0]?.output === 3 * billedOnce.output, patienceMs, 'what the sub-agent used')
      model.gate('held').open()
      await olivia.sees(thread, (message) => isWhole(message, 'All is done.'))
      await olivia.says(thread, scripted([{ text: 'And once more.', usage }]))
      await olivia.sees(thread, (message) => isWhole(message, 'And once more.'))
      assert.equal(answered(bench), 6)
      const [row, ...more] = booked(bench, 0)
      assert.deepEqual(more, [])
      assert.ok(row !== undefined)
      const { input, cache_read, cache_write, output, nano_usd } = row
      assert.deepEqual({ input, cache_read, cache_write, output }, times(6))
      // Opus at list price: 5 / 0.5 / 6.25 (or 10, kept for an hour) / 25 dollars for a million.
      assert.equal(nano_usd, Math.round(6 * (10 * 5 + 30_000 * 0.5 + 2000 * 6.25 + 400 * 25) * 1000))
      assert.deepEqual(booked(bench, 1), [])
      const told = await (await olivia.runs(thread, '/usage', { by: 'person' })).settled()
      assert.match(told.content, /Used today/)
      assert.match(told.content, new RegExp(`<@${olivia.id}> · 194\\.5k tokens · ≈ \\$0\\.23`))
    })

    test('a call that was broken off is booked with what it had been given, as an estimate (E7)', async () => {
      await using bench = await BotBench.open(binary ?? '', {}, atNoon)
      const { stage, model } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      await olivia.says(thread, scripted([tool, { ...heldText('one two', ' three four'), usage }]))
      await model.gate('held').reached()
      await stage.botShows(olivia, thread, 'one')
      await (await olivia.runs(thread, '/cancel')).settled()
      await stage.botShows(olivia, thread, /■/)
      await until(() => booked(bench, 1).length === 1, patienceMs, 'the estimate')
      const [whole] = booked(bench, 0)
      assert.equal(whole?.output, billedOnce.output, 'the call before it')
      const [estimate] = booked(bench, 1)
      assert.equal(estimate?.input, billedOnce.input)
      assert.equal(estimate?.cache_read, billedOnce.cache_read)
      assert.equal(estimate?.cache_write, billedOnce.cache_write)
      const told = await (await olivia.runs(thread, '/usage')).settled()
      assert.match(told.content, /32k tokens are of calls that were broken off/)
    })

    test('killed while a tool runs, and while a call streams: what nobody can be asked any more is an estimate of what was billed', async () => {
      await using bench = await BotBench.open(binary ?? '', {}, atNoon)
      const { stage, model } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      const all = (): typeof billedOnce => {
        const rows = [...booked(bench, 0), ...booked(bench, 1)]
        const sum = (of: keyof typeof billedOnce): number => rows.reduce((each, row) => each + row[of], 0)
        const [input, output] = [sum('input'), sum('output')]
        return { input, cache_read: sum('cache_read'), cache_write: sum('cache_write'), output }
      }
      const killsIt = (): void => kill(bench.started.at(-1)?.pid ?? 0)
      // Not asked about: it changes nothing. No other test's.
      const lasting = { ...tool, input: { command: 'sleep 86417', description: 'takes its time' } }
      await olivia.says(thread, scripted([tool, lasting]))
      await until(() => running('sleep 86417') > 0, patienceMs, 'the tool runs')
      killsIt()
      // The next attempt is told the prompt anew.
      await until(() => answered(bench) === 4 && running('sleep 86417') > 0, patienceMs, 'it runs again')
      await (await olivia.runs(thread, '/cancel')).settled()
      await stage.botShows(olivia, thread, /■/)
      await until(() => all().input === times(4).input, patienceMs, 'all that was billed')
      // An estimate or not: the CLI may have been asked about its last call before it died.
      assert.deepEqual(all(), times(4))

      await olivia.says(thread, scripted([{ ...heldText('Words that', ' were cut off'), usage }]))
      await model.gate('held').reached()
      await stage.botShows(olivia, thread, 'Words')
      killsIt()
      await until(() => bench.started.length === 4, patienceMs, 'it is tried again')
      model.gate('held').open()
      await olivia.sees(thread, (message) => isWhole(message, 'Words that were cut off'))
      await until(() => all().input === times(6).input, patienceMs, 'what the call had been given that was broken off')
      const { output, ...given } = all()
      const { output: most, ...billed } = times(6)
      assert.deepEqual(given, billed)
      assert.ok(output > times(5).output && output < most, 'what it had written by then is not known')
      assert.equal(booked(bench, 1).length, 1, 'a call that nobody could ask about is an estimate')
    })
  },
)

const codex = codexBinary()

describe(
  'what the real Codex CLI used is booked as it was billed',
  { ...sideBySide, skip: codex === null && howToInstall },
  () => {
    test('tools, a refused call that is tried again, and the next turn: every call once, and no price that nobody knows', async () => {
      await using bench = await CodexBot.open(codex ?? '', { startsAt: noon, looksUp: false })
      const { stage, login } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'codex')
      const counts = { input_tokens: 1000, output_tokens: 50 }
      const step: StepInput = { tool: 'exec_command', input: { cmd: 'echo a step' }, usage: counts }
      const error = { status: 500, times: 1 }
      await olivia.says(thread, scripted([step, { ...step, error }, { text: 'All is done.', usage: counts }]))
      await stage.botShows(olivia, thread, 'All is done.')
      await olivia.says(thread, scripted([{ text: 'And once more.', usage: counts }]))
      await stage.botShows(olivia, thread, 'And once more.')
      await until(() => stage.query("select 1 from runs where state = 'over'").length === 2)
      assert.equal(login.model.requests.length, 5, 'four were answered')
      const [row, ...more] = stage.query<Booked>('select * from ledger')
      assert.deepEqual(more, [])
      assert.deepEqual([row?.model, row?.input, row?.output, row?.nano_usd], ['gpt-5.5', 4000, 200, null])
      const told = await (await olivia.runs(thread, '/usage')).settled()
      assert.match(told.content, /`gpt-5\.5` · 4\.2k tokens$/m)
      assert.match(told.content, /4\.2k tokens are of models without a known price/)
    })
  },
)
