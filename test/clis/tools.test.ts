import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { textOf } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../e2e/stage.ts'
import type { Stage } from '../e2e/stage.ts'
import { scripted } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** The bot's tools in the hands of the real CLIs. Run it sealed: node test/clis/seal.js --test test/clis/tools.test.ts */
const claude = claudeBinary()
const codex = codexBinary()

function told(stage: Stage): readonly string[] {
  const rows = stage.query<{ json: string }>("select json from run_events where type = 'told' order by seq")
  return rows.map(({ json }) => (JSON.parse(json) as { text: string }).text)
}

describe('the bot’s tools with the real Claude CLI', { ...sideBySide, skip: claude === null && howToInstall }, () => {
  test('all are offered, are called without asking anybody, by guests too, and their answers reach the model', async () => {
    await using bench = await BotBench.open(claude ?? '', {})
    const { stage, model } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await stage.session(olivia, 'docs')
    await olivia.says(
      thread,
      tryingTools([
        { tool: 'mcp__omc__list_sessions', input: {} },
        { tool: 'mcp__omc__post_update', input: { text: 'half way' } },
        { tool: 'mcp__omc__whois', input: { name: 7 } },
      ]),
    )
    const answer = textOf(await stage.botShows(olivia, thread, 'That was it.'))
    assert.match(answer, /docs: Echo, idle/)
    assert.match(answer, /Posted\./)
    assert.match(answer, /Refused: \\"name\\" must be a string.*is_error/)
    await stage.botShows(olivia, thread, '> half way')
    const offered = model.requests.flatMap(({ body }) => (body as { tools?: { name: string }[] }).tools ?? [])
    const names = new Set(offered.map(({ name }) => name).filter((name) => name.startsWith('mcp__omc__')))
    assert.equal(stage.query("select 1 from run_events where type = 'wanted'").length, 0, 'nobody was asked')
    assert.ok(names.size >= 3, [...names].join())

    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
    await bob.says(thread, tryingTools([{ tool: 'mcp__omc__whois', input: {} }]))
    await stage.botShows(olivia, thread, /You work for bob, who is guest here/)
  })

  test('killed in the middle of calls: each is answered by the next life, and nothing is done twice', async () => {
    await using bench = await BotBench.open(claude ?? '', {})
    const { stage } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await olivia.says(thread, scripted([{ text: 'Warm.' }]))
    await stage.botShows(olivia, thread, 'Warm.')
    await first.kill()
    const second = stage.spawnBot({ dieAt: 'tool-answered' })
    await second.ready()
    await olivia.says(
      thread,
      tryingTools([
        { tool: 'mcp__omc__post_update', input: { text: 'half way' } },
        { tool: 'mcp__omc__post_update', input: { text: 'nearly there' } },
      ]),
    )
    await second.died()
    await stage.startBot()
    await stage.botShows(olivia, thread, 'That was it.')
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    // What they post goes by the outbox, beside the answer.
    for (const words of ['> half way', '> nearly there']) await stage.botShows(olivia, thread, words)
    const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
    for (const words of ['> half way', '> nearly there']) assert.equal(shown.split(words).length - 1, 1, shown)
    assert.deepEqual(told(stage), ['Posted.', 'Posted.'])
  })
})

describe(
  'the bot’s tools with the real Codex CLI',
  { ...sideBySide, skip: codex === null && howToInstallCodex },
  () => {
    test('they are born with the conversation, and the answer reaches the model', async () => {
      await using bot = await CodexBot.open(codex ?? '')
      const { stage } = bot
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'codex')
      const call = { tool: 'post_update', input: { text: 'half way' } }
      await olivia.says(thread, scripted([call, { text: 'And done.' }]))
      await stage.botShows(olivia, thread, '> half way')
      await stage.botShows(olivia, thread, 'And done.')
      assert.deepEqual(told(stage), ['Posted.'])
      assert.ok(bot.received.includes('Posted.'), 'the model was told')
      assert.equal(stage.query("select 1 from run_events where type = 'revoked'").length, 0)
    })
  },
)
