import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type SeenMessage } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { scripted } from '../models/script.ts'
import { CodexBot } from './codex-bot.ts'
import { codexBinary, howToInstallCodex } from './install.ts'
import { command } from './codex-room.ts'

const binary = codexBinary()
/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

const key = { auth_mode: 'apikey', OPENAI_API_KEY: 'sk-planted-key' }
const chatgpt = {
  auth_mode: 'chatgpt',
  OPENAI_API_KEY: null,
  tokens: {
    id_token: 'a.e30.c',
    access_token: 'planted-token',
    refresh_token: 'planted-refresh',
    account_id: 'acc-real',
  },
  last_refresh: new Date().toISOString(),
}

describe(
  'the real Codex CLI in its box, by the one way out',
  { ...sideBySide, skip: binary === null && howToInstallCodex },
  () => {
    const isWhole = (message: SeenMessage, text: string): boolean =>
      message.author.bot && message.content.includes(text) && message.components.length === 0

    for (const [what, login, pass] of [
      ['an API key', key, 'Bearer sk-planted-key'],
      ['a ChatGPT login', chatgpt, 'Bearer planted-token'],
    ] as const)
      test(`two turns are answered with ${what} that no box holds`, async () => {
        await using bot = await CodexBot.open(binary ?? '', { env: { TEST_EGRESS: program, OMC_BOX: 'required' } })
        const { stage } = bot
        const { home, model } = bot.login
        writeFileSync(join(home, 'auth.json'), JSON.stringify(login), { mode: 0o600 })
        const config = `model = "gpt-5.5"\nweb_search = "disabled"\nopenai_base_url = "${model.url}/v1"\nchatgpt_base_url = "${model.url}/backend-api"\n`
        writeFileSync(join(home, 'config.toml'), config)
        await stage.startBot()
        const olivia = await stage.sandbox.actor('olivia')
        const thread = await stage.session(olivia, 'shop', 'codex')
        await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
        await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'))
        const looking = [
          "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -iE 'key|token|planted'",
          'grep -rIls planted- ~ /tmp /run /etc /var $PWD $CODEX_HOME',
          'ls /run/omc; true',
        ].join('; ')
        await olivia.says(thread, scripted([command(looking), { text: 'Looked.' }]))
        await olivia.sees(thread, (message) => isWhole(message, 'Looked.'))
        assert.match(bot.received, /egress\.sock/, 'it looked in the box')
        const passes = new Set(
          model.requests
            .filter(({ path }) => path.includes('responses'))
            .map(({ headers }) => headers['authorization']),
        )
        assert.deepEqual([...passes], [pass])
        const told = bot.received
          .replaceAll(looking.replaceAll('\\', '\\\\'), '')
          .replaceAll(/grep -[^"]*planted-[^"]*/g, '')
        for (const secret of ['sk-planted-key', 'planted-token', 'planted-refresh'])
          assert.ok(!told.includes(secret), `${secret} is nowhere in the box`)
      })

    test('a host that is closed is asked about, in Codex’s session too; denied, the tool hears why', async () => {
      await using bot = await CodexBot.open(binary ?? '', { env: { TEST_EGRESS: program, OMC_BOX: 'required' } })
      const { stage } = bot
      const { home, model } = bot.login
      writeFileSync(join(home, 'auth.json'), JSON.stringify(key), { mode: 0o600 })
      writeFileSync(join(home, 'config.toml'), `model = "gpt-5.5"\nopenai_base_url = "${model.url}/v1"\n`)
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'codex')
      const cmd = 'curl -sS http://packages.example:81/x'
      const input = { cmd, yield_time_ms: 30_000 }
      await olivia.says(thread, scripted([{ tool: 'exec_command', input }, { text: 'Tried.' }]))
      const isAsked = (message: SeenMessage): boolean => textOf(message).includes('wants to reach')
      const asked = await olivia.sees(thread, isAsked)
      assert.match(textOf(asked), /packages\.example:81/)
      const { modal } = await olivia.clicks(asked, 'Deny…')
      assert.ok(modal)
      await olivia.submits(modal, {})
      await olivia.sees(thread, (message) => isWhole(message, 'Tried.'))
      assert.match(bot.received, /packages\.example:81 is not open to this session/)
    })
  },
)
