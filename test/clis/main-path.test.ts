import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../e2e/stage.ts'
import { heldText, scripted } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'
import { patienceMs } from '../patience.ts'

/** The main path with the real CLI. Run it sealed: node test/clis/seal.js --test test/clis/main-path.test.ts */
const binary = claudeBinary()

describe('a person works with the real Claude CLI', { ...sideBySide, skip: binary === null && howToInstall }, () => {
  const open = (env: Record<string, string> = {}): Promise<BotBench> => BotBench.open(binary ?? '', env)
  const isWhole = (message: SeenMessage, text: string): boolean =>
    message.author.bot && message.content.includes(text) && message.components.length === 0

  test('the second prompt is answered by the process of the first', async () => {
    await using bench = await open()
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'))
    const before = await stage.agents()
    const [pid = 0] = bench.started.map((each) => each.pid)
    // In a sandbox it has helpers beside it; of itself there is one.
    const isItself = (each: number): boolean => readFileSync(`/proc/${each}/comm`, 'utf8').startsWith('claude')
    assert.deepEqual(before.filter(isItself), [pid])
    await olivia.says(thread, scripted([{ text: 'The second answer.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'The second answer.'))
    assert.deepEqual(await stage.agents(), before, 'nothing else was started')
    assert.deepEqual(
      bench.started.map((each) => [each.pid, each.warm]),
      [
        [pid, false],
        [pid, true],
      ],
    )
    assert.ok(bench.received.includes('The first answer.'), 'the model was told what it had said')
  })

  test('the first words of an answer are seen while the model is still talking, in the message that grows', async () => {
    await using bench = await open()
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([heldText('one two', ' three four')]))
    const request = await model.gate('held').reached()
    const first = await olivia.sees(thread, (message) => message.author.bot && message.content.startsWith('one'))
    assert.equal(request.state, 'open', 'the model is still talking')
    model.gate('held').open()
    const answer = await olivia.sees(thread, (message) => isWhole(message, 'one two three four'))
    assert.equal(answer.id, first.id, 'one message, which grew')
  })

  test('/cancel ends the request to the model without ending the process, and the session goes on', async () => {
    await using bench = await open()
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([heldText('one two', ' three four')]))
    const request = await model.gate('held').reached()
    await stage.botShows(olivia, thread, 'one')
    const before = await stage.agents()
    const told = await (await olivia.runs(thread, '/cancel')).settled()
    assert.match(told.content, /■|Stopped/)
    await model.waitFor(({ number, state }) => number === request.number && state !== 'open')
    assert.equal(request.state, 'aborted')
    await stage.botShows(olivia, thread, /■/)
    await olivia.says(thread, scripted([{ text: 'Still here.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'Still here.'))
    assert.deepEqual(await stage.agents(), before, 'by the same process')
  })

  test('a process that was idle too long ends, and the next prompt resumes its conversation', async () => {
    await using bench = await open({ OMC_IDLE_CLI_MS: '1000' })
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([{ text: 'Remember the blue teapot.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'blue teapot'))
    await until(async () => (await stage.agents()).length === 0, patienceMs, 'the end of the idle process')
    const asked = bench.model.requests.length
    await olivia.says(thread, scripted([{ text: 'As I said before.' }]))
    await olivia.sees(thread, (message) => isWhole(message, 'As I said before.'))
    const [first, second] = bench.started
    assert.notEqual(second?.pid, first?.pid)
    assert.equal(second?.warm, false)
    assert.equal(second?.conversation, first?.conversation)
    assert.ok(first?.conversation !== '')
    const later = bench.model.requests.slice(asked).map(({ body }) => JSON.stringify(body))
    assert.ok(
      later.some((body) => body.includes('blue teapot')),
      'the model sees the earlier turn',
    )
  })
})
