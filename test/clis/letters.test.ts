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
  'Claude hands work to Codex, which asks back, and hears what came of it; the bot dies at each step, and each CLI in a call',
  {
    skip: missing,
  },
  async () => {
    await using login = await CodexLogin.open(codex ?? '', { looksUp: false })
    await using bench = await BotBench.open(claude ?? '', { ...login.env, OMC_INTER_AGENT_COOLDOWN_MS: '0' })
    const { stage } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop', 'claude')
    const docs = await stage.session(olivia, 'docs', 'codex')
    await first.kill()
    /** The next life, up to where it dies. */
    const lives = async (dieAt: string, meanwhile: () => Promise<unknown> = async () => {}): Promise<void> => {
      const bot = stage.spawnBot({ dieAt })
      await bot.ready()
      await meanwhile()
      await bot.died()
    }

    /** A life that is ended when this has come. */
    const livesUntil = async (come: () => Promise<unknown>): Promise<void> => {
      const bot = await stage.startBot({ ownProcess: true })
      await come()
      await bot.kill()
    }
    const open = () => stage.query("select 1 from runs where state <> 'over'").length
    const noon = bench.model.gate('noon')
    const dusk = login.model.gate('dusk')

    const written = scripted([{ text: 'Written: the blue page.', gate: { name: 'dusk', at: 0 } }])
    const replies = { tool: 'mcp__omc__reply', input: { text: `It is blue. ${written}` } }
    const question = scripted([
      { text: 'Let me see.', gate: { name: 'noon', at: 0 }, ...replies },
      { text: 'I answered.' },
    ])
    const work = scripted([{ tool: 'consult', input: { session: 'shop', text: question } }, { text: 'I asked back.' }])
    const handing = { tool: 'mcp__omc__delegate', input: { session: 'docs', text: work } }
    const card = (text: string): boolean => text.includes('to take this over')
    const asks = () => olivia.sees(shop, (message) => controlsOf(message).length > 0 && card(textOf(message)))

    // Asked; journalled; answered, and the CLI that never heard it dies in its call, and calls again.
    await lives('asked', () => olivia.says(shop, scripted([handing, { text: 'Handed over.' }])))
    await lives('tool-called')
    await lives('tool-answered')
    endAgent(bench)
    // The approval is shown.
    await lives('posted@panel')
    await livesUntil(async () => {
      await asks()
      await stage.botShows(olivia, shop, 'Handed over.')
      await until(() => open() === 0)
    })
    // Clicked; accepted; delivered; begun.
    await lives('acknowledged', async () => olivia.clicks(await asks(), 'Approve').catch(() => undefined))
    await lives('effects-kept')
    await lives('letter-asked')
    await lives('handed-over')
    // The same of the question that comes back, and of the other CLI in its call.
    await lives('tool-called')
    await lives('tool-answered')
    endAgent(bench)
    await lives('letter-asked')
    await livesUntil(async () => {
      await stage.botShows(olivia, docs, 'I asked back.')
      await noon.reached()
      await until(() => open() === 1)
    })
    await lives('tool-answered', async () => noon.open())
    await lives('letter-asked')
    await livesUntil(async () => {
      await stage.botShows(olivia, shop, 'I answered.')
      await dusk.reached()
      await until(() => open() === 1)
    })
    // Ended; reported.
    await lives('run-ended', async () => dusk.open())
    await lives('letter-asked')
    await stage.startBot()

    await stage.botShows(olivia, docs, 'I asked back.')
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
    assert.equal(stage.query('select 1 from runs').length, 5, 'what a person asked, and each letter')
    const again = stage.query("select 1 from run_events where type = 'told' and json like '%Already done%'").length
    assert.equal(again, 2, 'each CLI that died in its call has called again')
    const shown = [...(await stage.botMessages(olivia, shop)), ...(await stage.botMessages(olivia, docs))].map(textOf)
    assert.equal(shown.filter((text) => text.includes('✉')).length, 4, shown.join('\n'))
    assert.match(bench.received, /The bot: letter L\w+ of chain C\w+, hop 2, from the agent of the session docs/)
    assert.match(bench.received, /Letter L\w+ of another agent, in thread/)
  },
)

/** Ends the process that began last, as a machine that is out of memory does. */
function endAgent({ started }: BotBench): void {
  const pid = started.at(-1)?.pid
  assert.ok(pid !== undefined && pid > 1)
  process.kill(pid, 'SIGKILL')
}

test(
  'a task: Codex is given it, hands a part to Claude, and its end is told where it was given, through a death at each turn',
  {
    skip: missing,
  },
  async () => {
    await using login = await CodexLogin.open(codex ?? '', { looksUp: false })
    await using bench = await BotBench.open(claude ?? '', { ...login.env, OMC_INTER_AGENT_COOLDOWN_MS: '0' })
    const { stage } = bench
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const shop = await stage.session(olivia, 'shop', 'claude')
    const docs = await stage.session(olivia, 'docs', 'codex')
    const noted = { key: 'colour', text: 'blue', chain: true }
    const answer = scripted([
      { tool: 'mcp__omc__scratchpad_set', input: noted },
      { tool: 'mcp__omc__reply', input: { text: `It is noted. ${scripted([{ text: 'The page is blue.' }])}` } },
      { text: 'I answered.' },
    ])
    const details = scripted([{ tool: 'consult', input: { session: 'shop', text: answer } }, { text: 'I asked.' }])
    await (await olivia.runs(shop, '/task assign', { thread: 'docs', title: 'Write the page', details })).settled()
    const card = () => olivia.sees(docs, (message) => textOf(message).includes('? waits to be accepted'))
    await card()
    await first.kill()
    const second = stage.spawnBot({ dieAt: 'task-moved' })
    await second.ready()
    await olivia.clicks(await card(), 'Accept').catch(() => undefined)
    await second.died()
    const third = stage.spawnBot({ dieAt: 'tool-answered' })
    await third.died()
    await stage.startBot()

    await stage.botShows(olivia, docs, 'The page is blue.')
    const end = await stage.botShows(olivia, shop, /\*\*Write the page\*\* ✓ is done/)
    assert.match(textOf(end), /> The page is blue\./)
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    assert.deepEqual(letters(stage), [
      ['task', 'closed', 0],
      ['consult', 'closed', 1],
      ['reply', 'closed', 1],
      ['report', 'closed', 0],
    ])
    assert.equal(stage.query("select 1 from scratchpads where text = 'blue' and scope like 'chain:%'").length, 1)
    assert.match(bench.received, /hop 1, from the agent of the session docs/)
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
