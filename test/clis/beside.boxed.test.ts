import assert from 'node:assert/strict'
import { globSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { scripted } from '../models/script.ts'
import { bornWithout } from './beside.ts'
import { CodexBot } from './codex-bot.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

const codex = codexBinary()
/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

test(
  'in its box, too, with a model that calls from code: nothing there can be written to, nor asked for anybody else',
  { skip: codex === null && howToInstallCodex },
  async () => {
    await using bot = await CodexBot.open(codex ?? '', { env: { TEST_EGRESS: program, OMC_BOX: 'required' } })
    const { stage } = bot
    const { home, model } = bot.login
    const key = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-planted-key' }
    writeFileSync(join(home, 'auth.json'), JSON.stringify(key), { mode: 0o600 })
    writeFileSync(
      join(home, 'config.toml'),
      `model = "gpt-6-sol"\nweb_search = "disabled"\nopenai_base_url = "${model.url}/v1"\n`,
    )
    await stage.startBot()
    const olivia = await stage.sandbox.actor('olivia')
    const thread = await stage.session(olivia, 'shop', 'codex')
    await olivia.says(thread, scripted([{ text: 'Born.' }]))
    await stage.botShows(olivia, thread, 'Born.')
    const [state = ''] = globSync('boxes/*/state', { cwd: stage.data })
    const box = dirname(join(stage.data, state))
    bornWithout(join(box, 'state'))
    const calling = 'text(JSON.stringify(await tools.mcp__omc__post_update({text: "half way"})))'
    // What an agent leaves there would be an answer of the bot to it.
    const forging = `text(JSON.stringify(await tools.exec_command({cmd: "touch ${box}/told/x; ls ${box}/told | wc -l"})))`
    await olivia.says(
      thread,
      scripted([
        { tool: 'exec', input: { raw: calling } },
        { tool: 'exec', input: { raw: forging } },
        { text: 'And done.' },
      ]),
    )
    await stage.botShows(olivia, thread, 'And done.')
    await stage.botShows(olivia, thread, '> half way')
    assert.match(bot.received, /Posted\./, 'the model was told')
    assert.match(bot.received, /Read-only file system/)
  },
)
