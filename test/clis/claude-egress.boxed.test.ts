import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type SeenMessage } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../egress/stage.ts'
import { heldText, scripted } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

const binary = claudeBinary()
/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
/** What is nowhere in a box. */
const planted = 'planted-login-for-the-scripted-model'

/** The ways to log in: how the operator sets them, and what the model must get. */
const ways: readonly (readonly [name: string, env: (folder: string) => Record<string, string>, header: string])[] = [
  ['a key', () => ({ ANTHROPIC_API_KEY: planted }), 'x-api-key'],
  ['a setup-token', () => ({ ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: planted }), 'authorization'],
  [
    'a login in its file',
    (folder) => ({ ANTHROPIC_API_KEY: '', CLAUDE_CONFIG_DIR: loggedIn(folder) }),
    'authorization',
  ],
]

function loggedIn(folder: string): string {
  const login = { accessToken: planted, refreshToken: null, expiresAt: 4e12, scopes: ['user:inference'] }
  const file = join(folder, '.credentials.json')
  writeFileSync(file, JSON.stringify({ claudeAiOauth: { ...login, subscriptionType: 'max' } }), { mode: 0o600 })
  return folder
}

describe(
  'the real Claude CLI in its box, by the one way out',
  { ...sideBySide, skip: binary === null && howToInstall },
  () => {
    const open = (env: Record<string, string> = {}): Promise<BotBench> =>
      BotBench.open(binary ?? '', { TEST_EGRESS: program, OMC_BOX: 'required', ...env })
    const isWhole = (message: SeenMessage, text: string): boolean =>
      message.author.bot && message.content.includes(text) && message.components.length === 0

    for (const [name, envOf, header] of ways)
      test(`with ${name}: two turns are answered, and nothing in the box is the login`, async (t) => {
        const folder = mkdtempSync(join(tmpdir(), 'claude-login-'))
        t.after(() => rmSync(folder, { recursive: true }))
        await using bench = await open(envOf(folder))
        const { stage, model } = bench
        await stage.startBot()
        const olivia = await stage.sandbox.actor('olivia')
        const thread = await stage.session(olivia, 'shop', 'claude')
        await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
        await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'), { within: 30_000 })
        const looking = [
          "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -iE 'key|token|planted'",
          "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep planted",
          'grep -rIls planted-login ~ /tmp /run /etc /var $PWD $CLAUDE_CONFIG_DIR',
          'curl -s --unix-socket /run/omc/egress.sock -d "{}" http://model.omc/v1/messages; ls /run/omc; true',
        ].join('; ')
        await olivia.says(thread, tryingTools([{ tool: 'Bash', input: { command: looking } }]))
        await olivia.sees(thread, (message) => isWhole(message, 'The tools said'), { within: 30_000 })
        assert.match(bench.received, /egress\.sock/, 'it looked in the box')
        assert.match(bench.received, /sk-ant-box|TOKEN=box/)
        const logins = new Set(model.requests.map(({ headers }) => headers[header]))
        assert.deepEqual([...logins], [header === 'x-api-key' ? planted : `Bearer ${planted}`])
        assert.ok(!bench.received.includes('for-the-scripted-model'), 'the login is nowhere in the box')
      })

    test('a host that is closed is asked about; once lets it through, and the tool goes on where it waited', async (t) => {
      const world = createServer((_, answered) => answered.end('the world says hello')).listen(0, '127.0.0.1')
      await once(world, 'listening')
      t.after(() => {
        world.close()
        world.closeAllConnections()
      })
      const { port } = world.address() as AddressInfo
      await using bench = await open()
      const { stage } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      const command = `curl -sS http://packages.example:${port}/x`
      await olivia.says(thread, tryingTools([{ tool: 'Bash', input: { command } }]))
      const isAsked = (message: SeenMessage): boolean => textOf(message).includes('wants to reach')
      const asked = await olivia.sees(thread, isAsked, { within: 30_000 })
      assert.match(textOf(asked), new RegExp(`packages\\.example:${port}`))
      await olivia.clicks(asked, 'Allow once')
      await olivia.sees(thread, (message) => message.content.includes('the world says hello'), { within: 30_000 })
    })

    test('kill -9 of the bot in mid-answer, then of the way out: the answer comes whole, the next turn is answered', async () => {
      await using bench = await open()
      const { stage, model } = bench
      const first = await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      await olivia.says(thread, scripted([heldText('one two', ' three four')]))
      const request = await model.gate('held').reached()
      await olivia.sees(thread, (message) => message.content.startsWith('one'), { within: 30_000 })
      await first.kill()
      assert.equal(request.state, 'open', 'nobody hung up on the model')
      model.gate('held').open()
      const second = await stage.startBot()
      await olivia.sees(thread, (message) => isWhole(message, 'one two three four'), { within: 30_000 })
      assert.equal(model.requests.length, 1, 'the model was asked once')

      const { pid } = (await second.logged('egress.up')) as unknown as { readonly pid: number }
      process.kill(pid, 'SIGKILL')
      await second.logged('egress.lost')
      await olivia.says(thread, scripted([{ text: 'Still here.' }]))
      await olivia.sees(thread, (message) => isWhole(message, 'Still here.'), { within: 30_000 })

      const left = (): readonly string[] => readdirSync(join(stage.data, 'egress', 'sessions'))
      assert.equal(left().length, 1)
      await (await olivia.runs(thread, '/session stop')).settled()
      await until(() => left().length === 0, 'the way out of a session that has ended is gone')
    })
  },
)
