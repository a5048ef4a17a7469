import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type SeenMessage } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { scripted } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'

const binary = claudeBinary()
/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
const key = 'dummy-key-for-the-scripted-model'

describe(
  'the real Claude CLI in its box, by the one way out',
  { ...sideBySide, skip: binary === null && howToInstall },
  () => {
    const open = (env: Record<string, string> = {}): Promise<BotBench> =>
      BotBench.open(binary ?? '', { TEST_EGRESS: program, OMC_BOX: 'required', ...env })
    const isWhole = (message: SeenMessage, text: string): boolean =>
      message.author.bot && message.content.includes(text) && message.components.length === 0

    test('two turns are answered, with the login that no box holds', async () => {
      await using bench = await open()
      const { stage, model } = bench
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'claude')
      await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
      await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'), { within: 30_000 })
      const looking = [
        "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -iE 'key|token|dummy'",
        "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep dummy",
        'grep -rIls dummy-key ~ /tmp /run /etc /var $PWD $CLAUDE_CONFIG_DIR',
        'ls /run/omc; true',
      ].join('; ')
      await olivia.says(thread, tryingTools([{ tool: 'Bash', input: { command: looking } }]))
      await olivia.sees(thread, (message) => isWhole(message, 'The tools said'), { within: 30_000 })
      assert.match(bench.received, /egress\.sock/, 'it looked in the box')
      assert.match(bench.received, /sk-ant-box/)
      const keys = new Set(model.requests.map(({ headers }) => headers['x-api-key']))
      assert.deepEqual([...keys], [key])
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
  },
)
