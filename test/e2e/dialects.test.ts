import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { BotBench } from '../clis/bot-bench.ts'
import { scripted } from '../models/script.ts'
import { standIn } from '../models/stand-in.ts'
import { until } from './stage.ts'
import { patienceMs } from '../patience.ts'

// The whole bot with the stand-in for a real CLI behind it: what needs the real one stands in test/clis.

function isWhole(message: SeenMessage, text: string): boolean {
  return message.author.bot && message.content.includes(text) && message.components.length === 0
}

describe('the stand-in of a real CLI', { concurrency: true }, () => {
  test('a person works with Claude: a prompt, a tool, a stop, and the same process answers all of it', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')

    await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'))

    const tool = { tool: 'Bash', input: { command: 'sleep 1', description: 'takes its time' } }
    await olivia.says(thread, scripted([tool, { text: 'After the tool.' }]))
    await stage.botShows(olivia, thread, 'sleep 1')
    await olivia.sees(thread, (message) => isWhole(message, 'After the tool.'))

    const long = { text: 'one two three', chunks: 3, gate: { name: 'middle', at: 2 } }
    await olivia.says(thread, scripted([long]))
    const request = await bench.model.gate('middle').reached()
    const growing = await stage.botShows(olivia, thread, 'one')
    await olivia.clicks(growing, 'Stop')
    const stopped = await stage.botShows(olivia, thread, /■ Stopped/)
    assert.equal(stopped.id, growing.id)
    await until(() => request.endedAt !== null, patienceMs, 'the end of the request to the model')

    await olivia.says(thread, scripted([{ text: 'Still here.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Still here.'))
    const pids = new Set(bench.started.map(({ pid }) => pid))
    assert.deepEqual([...pids], await stage.agents(), 'one process for everything')
  })

  test('the bot is killed in the middle of an answer of Claude: the same message goes on growing', async () => {
    using claude = standIn('claude')
    await using bench = await BotBench.open(claude.binary)
    const { stage } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const text = 'one two three four five six seven eight nine ten eleven twelve'
    await olivia.says(thread, scripted([{ text, chunks: 12, chunkDelay: 500 }]))
    const growing = await olivia.sees(
      thread,
      (message) => message.author.bot && message.content.includes('three') && !message.content.includes('twelve'),
    )
    const before = await stage.agents()
    await first.kill()
    assert.deepEqual(await stage.agents(), before, 'the agent works on without a bot')
    await stage.startBot()
    const answer = await olivia.sees(thread, (message) => isWhole(message, text))
    assert.equal(answer.id, growing.id)
    const all = (await stage.botMessages(olivia, thread)).map(({ content }) => content).join('\n')
    assert.equal(all.split(text).length - 1, 1, 'it stands there once')
    assert.equal(bench.model.requests.length, 1, 'the model was asked once')
  })

  test('the CLI itself dies in the middle: the next attempt answers in the same message', async () => {
    using claude = standIn('claude', { at: 'delta', nth: 2, what: { signal: 'SIGKILL' } })
    await using bench = await BotBench.open(claude.binary)
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([{ text: 'said at last', chunks: 3, gate: { name: 'second', at: 1 } }]))
    await model.gate('second').reached()
    const growing = await olivia.sees(thread, (message) => message.author.bot && message.content.startsWith('said'))
    claude.misbehave(null)
    model.gate('second').open()
    const answer = await olivia.sees(thread, (message) => isWhole(message, 'said at last'))
    assert.equal(answer.id, growing.id)
    assert.equal(bench.started.length, 2)
  })
})
