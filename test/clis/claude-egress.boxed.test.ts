import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { SeenMessage } from 'loopback-discord'
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
  },
)
