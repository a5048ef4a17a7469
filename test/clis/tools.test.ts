import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf } from 'loopback-discord'
import { product } from '../features/product.ts'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../e2e/stage.ts'
import type { Stage } from '../e2e/stage.ts'
import { heldText, scripted, type StepInput } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** The bot's tools in the hands of the real CLIs. Run it sealed: node test/clis/seal.js --test test/clis/tools.test.ts */
const claude = claudeBinary()
const codex = codexBinary()

/**
 * The CLI as with Anthropic's own address, where it leaves tools out until the model searches for them. Its first
 * process never hears which tools we have, as after a death of the bot right after its start; its second does not hear
 * that they are to be offered at once.
 */
function searching(file: string): Disposable & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'wrapped-'))
  const script = join(folder, 'claude')
  const lines = [
    '#!/bin/sh',
    'export ENABLE_TOOL_SEARCH=true',
    `case "$*" in *stream-json*) ;; *) exec '${file}' "$@" ;; esac`,
    // Without the tool that searches nothing is left out, whatever the variable says.
    'for each do',
    '  if [ "$before" = --tools ]; then each="$each,ToolSearch"; fi',
    '  before=$each; shift; set -- "$@" "$each"',
    'done',
    `if mkdir '${folder}/1' 2>/dev/null; then sed -u '/"tools":\\[/d' | MCP_TIMEOUT=500 '${file}' "$@"; exit; fi`,
    `if mkdir '${folder}/2' 2>/dev/null; then sed -u 's:anthropic/alwaysLoad:nothing:g' | '${file}' "$@"; exit; fi`,
    `exec '${file}' "$@"`,
  ]
  writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 })
  return { file: script, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

/** How many tools of ours each request offered to the model. */
function offeredBy({ model }: BotBench): readonly number[] {
  return model.requests.map(({ body }) => {
    const { tools = [] } = body as { readonly tools?: readonly { readonly name: string }[] }
    const names = new Set(tools.map(({ name }) => name))
    return product.tools.filter(({ name }) => names.has(`mcp__omc__${name}`)).length
  })
}

function told(stage: Stage): readonly string[] {
  const rows = stage.query<{ json: string }>("select json from run_events where type = 'told' order by seq")
  return rows.map(({ json }) => (JSON.parse(json) as { text: string }).text)
}

/** Ends the process that began last, as a machine that is out of memory does. */
function endAgent({ started }: BotBench): void {
  const pid = started.at(-1)?.pid
  assert.ok(pid !== undefined && pid > 1)
  process.kill(pid, 'SIGKILL')
}

describe('the bot’s tools with the real Claude CLI', { ...sideBySide, skip: claude === null && howToInstall }, () => {
  test('all are offered, are called without asking anybody, by guests too, and their answers reach the model', async () => {
    using wrapper = searching(claude ?? '')
    await using bench = await BotBench.open(wrapper.file, {})
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const bob = await stage.sandbox.actor('bob')
    const thread = await stage.session(olivia, 'shop', 'claude')
    await stage.session(olivia, 'docs')
    await olivia.says(thread, scripted([{ text: 'Without them.' }]))
    await stage.botShows(olivia, thread, 'Without them.')
    await olivia.says(thread, scripted([{ text: 'Searched for.' }]))
    await stage.botShows(olivia, thread, 'Searched for.')
    assert.deepEqual(offeredBy(bench), [0, 0], 'no word about them, and none that they are to be offered')
    endAgent(bench)
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
    assert.equal(stage.query("select 1 from run_events where type = 'wanted'").length, 0, 'nobody was asked')
    // One bad schema would take all of them away.
    const later = offeredBy(bench).slice(2)
    assert.ok(later.length > 1)
    assert.deepEqual(new Set(later), new Set([product.tools.length]))

    await (await olivia.runs(thread, '/permission set', { user: bob.id, tier: 'guest' })).settled()
    await bob.says(thread, tryingTools([{ tool: 'mcp__omc__whois', input: {} }]))
    await stage.botShows(olivia, thread, /You work for bob, who is guest here/)
  })

  test('a helper of the agent has them, too, and acts for whoever the agent works for', async () => {
    await using bench = await BotBench.open(claude ?? '', {})
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'claude')
    const post = { tool: 'mcp__omc__post_update', input: { text: 'from a helper' } }
    const prompt = scripted([post, { text: 'The helper is done.' }])
    const helper = { description: 'helps', prompt, subagent_type: 'general-purpose' }
    await olivia.says(thread, scripted([{ tool: 'Task', input: helper }, { text: 'And so am I.' }]))
    await stage.botShows(olivia, thread, 'And so am I.')
    await stage.botShows(olivia, thread, '> from a helper')
    assert.deepEqual(told(stage), ['Posted.'])
    assert.ok(bench.received.includes('The helper is done.'))
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
      await using bot = await CodexBot.open(codex ?? '', { looksUp: false })
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

    test('a helper works on when its agent is done: it is answered, counted and stopped as part of that run', async () => {
      await using bot = await CodexBot.open(codex ?? '', { looksUp: false })
      const { stage, login } = bot
      const first = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'codex')
      // The newest models have helpers, and call tools from code.
      await (await olivia.runs(thread, '/model', { name: 'gpt-6-sol' })).settled()
      const code = (raw: string): StepInput => ({ tool: 'exec', input: { raw } })
      const hires = (gate: string, after: StepInput): string => {
        const helps = { ...code('text(await tools.post_update({ text: "from a helper" }))'), ...heldAt(gate) }
        const message = scripted([helps, after])
        const spawn = { tool: 'collaboration.spawn_agent', input: { task_name: gate, message } }
        return scripted([spawn, { text: `Left to ${gate}.` }])
      }
      const open = () => stage.query("select 1 from runs where state <> 'over'").length
      await olivia.says(thread, hires('first', { text: 'The helper is done.' }))
      await login.model.gate('first').reached()
      await stage.botShows(olivia, thread, 'Left to first.')
      assert.equal(open(), 1, 'its work is not over')
      await first.kill()
      await stage.startBot()
      login.model.gate('first').open()
      await stage.botShows(olivia, thread, '> from a helper')
      await until(() => open() === 0)
      assert.deepEqual(told(stage), ['Posted.'])
      assert.ok(bot.received.includes('Posted.'), 'the helper was told')
      const [booked] = stage.query<{ output: number }>('select sum(output) as output from ledger')
      assert.equal(booked?.output, login.model.requests.length * 20, 'what the helper has used, too')

      await olivia.says(thread, hires('second', { text: 'never' }))
      await login.model.gate('second').reached()
      await stage.botShows(olivia, thread, 'Left to second.')
      await (await olivia.runs(thread, '/cancel')).settled()
      await until(() => open() === 0 && login.model.openStreams === 0)
      const ends = stage.query<{ json: string }>("select json from run_events where type = 'finished' order by seq")
      assert.match(ends.at(-1)?.json ?? '', /"stopped"/)
      assert.deepEqual(told(stage), ['Posted.'])
    })
  },
)

/** Some text that stands still until the test opens that gate. */
function heldAt(name: string): StepInput {
  return { ...heldText('at', ' work'), gate: { name, at: 1 } }
}
