import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlsOf, textOf } from 'loopback-discord'
import { Stage, until } from '../e2e/stage.ts'
import { scripted } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexLogin } from './codex-bot.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** Both real CLIs in one guild. Run it sealed: node test/clis/seal.js --test test/clis/letters.test.ts */
const claude = claudeBinary()
const codex = codexBinary()
const missing = (claude === null && howToInstall) || (codex === null && howToInstallCodex)

test(
  'Claude hands work to Codex, which asks back, and hears what came of it, through two deaths of the bot',
  {
    skip: missing,
  },
  async () => {
    await using login = await CodexLogin.open(codex ?? '')
    await using bench = await BotBench.open(claude ?? '', { ...login.env, OMC_INTER_AGENT_COOLDOWN_MS: '0' })
    const { stage } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop', 'claude')
    const docs = await stage.session(olivia, 'docs', 'codex')

    const blue = `It is blue. ${scripted([{ text: 'Written: the blue page.' }])}`
    const question = scripted([{ tool: 'mcp__omc__reply', input: { text: blue } }, { text: 'I answered.' }])
    const work = scripted([{ tool: 'consult', input: { session: 'shop', text: question } }, { text: 'I asked back.' }])
    await olivia.says(
      shop,
      scripted([{ tool: 'mcp__omc__delegate', input: { session: 'docs', text: work } }, { text: 'Handed over.' }]),
    )
    const card = (text: string): boolean => text.includes('to take this over')
    const asks = () => olivia.sees(shop, (message) => controlsOf(message).length > 0 && card(textOf(message)))
    await asks()
    await stage.botShows(olivia, shop, 'Handed over.')
    await first.kill()
    const second = stage.spawnBot({ dieAt: 'letter-asked' })
    await second.ready()
    await olivia.clicks(await asks(), 'Approve')
    await second.died()
    await stage.startBot()

    await stage.botShows(olivia, docs, 'I asked back.')
    await stage.botShows(olivia, shop, /✉ \*\*docs\*\* asks \*\*shop\*\*/)
    await stage.botShows(olivia, docs, /✉ \*\*shop\*\* answers \*\*docs\*\*/)
    await stage.botShows(olivia, docs, 'Written: the blue page.')
    await stage.botShows(olivia, shop, /> Written: the blue page\./)
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    assert.deepEqual(letters(stage), [
      ['delegate', 'closed', 1],
      ['consult', 'closed', 2],
      ['reply', 'closed', 2],
      ['report', 'closed', 1],
    ])
    assert.equal(stage.query('select 1 from omc_chains').length, 1)
    assert.match(bench.received, /The bot: letter L\w+ of chain C\w+, hop 2, from the agent of the session docs/)
    assert.match(bench.received, /Letter L\w+ of another agent, in thread/)
  },
)

test(
  'a chain that has used its tokens is stopped while its agent works, and whoever asked is told',
  {
    skip: claude === null && howToInstall,
  },
  async () => {
    const env = { OMC_INTER_AGENT_COOLDOWN_MS: '0', OMC_INTER_AGENT_TOKEN_BUDGET: '300' }
    await using bench = await BotBench.open(claude ?? '', env)
    const { stage } = bench
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop', 'claude')
    await stage.session(olivia, 'docs', 'claude')
    const look = { tool: 'mcp__omc__whois', input: {} }
    const endless = scripted(Array.from({ length: 25 }, () => look))
    await olivia.says(
      shop,
      scripted([{ tool: 'mcp__omc__consult', input: { session: 'docs', text: endless } }, { text: 'Asked.' }]),
    )
    await stage.botShows(olivia, shop, /> The chain has used its tokens\. The work was stopped\./)
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    const called = stage.query("select 1 from run_events where type = 'called'").length
    assert.ok(called < 25, `${called} calls`)
  },
)

function letters(stage: Stage): readonly (readonly [string, string, number])[] {
  const rows = stage.query<{ kind: string; state: string; hop: number }>(
    "select kind, state, json_extract(body, '$.hop') as hop from letters order by seq",
  )
  return rows.map(({ kind, state, hop }) => [kind, state, hop] as const)
}
