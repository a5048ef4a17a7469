import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { textOf } from 'loopback-discord'
import { until } from '../e2e/stage.ts'
import { scripted } from '../models/script.ts'
import { bornWithout } from './beside.ts'
import { CodexBot } from './codex-bot.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

/** Run it sealed: node test/clis/seal.js --test test/clis/beside.test.ts */
const codex = codexBinary()

test(
  'a Codex conversation that was born without tools has them from a process beside it, and calls outlive the bot',
  { skip: codex === null && howToInstallCodex },
  async () => {
    await using bot = await CodexBot.open(codex ?? '', { looksUp: false })
    const { stage } = bot
    const first = await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    await olivia.says(thread, scripted([{ text: 'Born.' }]))
    await stage.botShows(olivia, thread, 'Born.')
    bornWithout(bot.login.home)
    await first.kill()
    const second = stage.spawnBot({ dieAt: 'tool-answered:2' })
    await second.ready()
    const post = (text: string) => ({ tool: 'mcp__omc.post_update', input: { text } })
    const faulty = { tool: 'mcp__omc.whois', input: { name: 7 } }
    await olivia.says(thread, scripted([faulty, post('half way'), post('nearly there'), { text: 'And done.' }]))
    await second.died()
    await stage.startBot()
    await stage.botShows(olivia, thread, 'And done.')
    // What they post goes by the outbox, beside the answer.
    for (const words of ['> half way', '> nearly there']) await stage.botShows(olivia, thread, words)
    await until(() => stage.query("select 1 from runs where state <> 'over'").length === 0)
    const shown = (await stage.botMessages(olivia, thread)).map(textOf).join('\n')
    for (const words of ['> half way', '> nearly there']) assert.equal(shown.split(words).length - 1, 1, shown)
    for (const words of ['Refused: \\"name\\" must be a string', '"text":"Posted."'])
      assert.ok(bot.received.includes(words), `the model was told: ${words}`)
    const count = (type: string): number => stage.query(`select 1 from run_events where type = '${type}'`).length
    assert.deepEqual([count('called'), count('told'), count('revoked')], [3, 3, 0])

    const told = join(stage.data, 'codex', 'told')
    assert.equal(readdirSync(told).length, 1)
    await (await olivia.runs(thread, '/session stop')).settled()
    await until(() => readdirSync(told).length === 0)
  },
)
