import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenMessage, type SeenPlace } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { until } from '../egress/stage.ts'
import type { Bot } from '../e2e/bots.ts'
import { inARow } from '../in-a-row.ts'
import { heldText, scripted } from '../models/script.ts'
import { BotBench, tryingTools } from './bot-bench.ts'
import { claudeBinary, howToInstall } from './install.ts'
import { packageTools } from './package-tools.ts'

const binary = claudeBinary()
/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')
/** What is nowhere in a box. */
const planted = 'planted-login-for-the-scripted-model'

/** The ways to log in beside a key: how the operator sets them. */
const ways: readonly (readonly [name: string, env: (folder: string) => Record<string, string>])[] = [
  ['a setup-token', () => ({ ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: planted })],
  ['a login in its file', (folder) => ({ ANTHROPIC_API_KEY: '', CLAUDE_CONFIG_DIR: loggedIn(folder) })],
]

function loggedIn(folder: string): string {
  const login = { accessToken: planted, refreshToken: null, expiresAt: 4e12, scopes: ['user:inference'] }
  const file = join(folder, '.credentials.json')
  writeFileSync(file, JSON.stringify({ claudeAiOauth: { ...login, subscriptionType: 'max' } }), { mode: 0o600 })
  return folder
}

/** A session in a box, by that login. */
class Boxed implements AsyncDisposable {
  readonly bench: BotBench
  readonly bot: Bot
  readonly olivia: Actor
  readonly thread: SeenPlace

  private constructor(bench: BotBench, bot: Bot, olivia: Actor, thread: SeenPlace) {
    this.bench = bench
    this.bot = bot
    this.olivia = olivia
    this.thread = thread
  }

  static async open(env: Record<string, string> = {}): Promise<Boxed> {
    await using stack = new AsyncDisposableStack()
    const bench = stack.use(await BotBench.open(binary ?? '', { TEST_EGRESS: program, OMC_BOX: 'required', ...env }))
    const bot = await bench.stage.startBot()
    const olivia = await bench.stage.sandbox.actor('olivia')
    const thread = await bench.stage.session(olivia, 'shop', 'claude')
    stack.move()
    return new Boxed(bench, bot, olivia, thread)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bench[Symbol.asyncDispose]()
  }
}

function isWhole(message: SeenMessage, text: string): boolean {
  return message.author.bot && message.content.includes(text) && message.components.length === 0
}

async function hidesLogin({ bench, olivia, thread }: Boxed, header: string): Promise<void> {
  const { model } = bench
  await olivia.says(thread, scripted([{ text: 'The first answer.' }]))
  await olivia.sees(thread, (message) => isWhole(message, 'The first answer.'))
  const looking = [
    "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -iE 'key|token|planted'",
    "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep planted",
    'grep -rIls planted-login ~ /tmp /run /etc /var $PWD $CLAUDE_CONFIG_DIR',
    'curl -s --unix-socket /run/omc/egress.sock -d "{}" http://model.omc/v1/messages; ls /run/omc; true',
  ].join('; ')
  await olivia.says(thread, tryingTools([{ tool: 'Bash', input: { command: looking } }]))
  await olivia.sees(thread, (message) => isWhole(message, 'The tools said'))
  assert.match(bench.received, /egress\.sock/, 'it looked in the box')
  assert.match(bench.received, /sk-ant-box|TOKEN=box/)
  const logins = new Set(model.requests.map(({ headers }) => headers[header]))
  assert.deepEqual([...logins], [header === 'x-api-key' ? planted : `Bearer ${planted}`])
  assert.ok(!bench.received.includes('for-the-scripted-model'), 'the login is nowhere in the box')
}

describe(
  'the real Claude CLI in its box, by the one way out',
  { ...sideBySide, skip: binary === null && howToInstall },
  () => {
    for (const [name, envOf] of ways)
      test(`with ${name}: two turns are answered, and nothing in the box is the login`, async (t) => {
        const folder = mkdtempSync(join(tmpdir(), 'claude-login-'))
        t.after(() => rmSync(folder, { recursive: true }))
        await using scene = await Boxed.open(envOf(folder))
        await hidesLogin(scene, 'authorization')
      })

    // What may share one is told in a row of it; the last one kills.
    inARow(
      'with a key',
      () => Boxed.open({ ANTHROPIC_API_KEY: planted }),
      (one) => {
        one('two turns are answered, and nothing in the box is the login', (scene) => hidesLogin(scene, 'x-api-key'))

        one(
          'a host that is closed is asked about; once lets it through, and the tool goes on where it waited',
          async ({ olivia, thread }, t) => {
            const world = createServer((_, answered) => answered.end('the world says hello')).listen(0, '127.0.0.1')
            await once(world, 'listening')
            t.after(() => {
              world.close()
              world.closeAllConnections()
            })
            const { port } = world.address() as AddressInfo
            const command = `curl -sS http://packages.example:${port}/x`
            await olivia.says(thread, tryingTools([{ tool: 'Bash', input: { command } }]))
            const isAsked = (message: SeenMessage): boolean => textOf(message).includes('wants to reach')
            const asked = await olivia.sees(thread, isAsked)
            assert.match(textOf(asked), new RegExp(`packages\\.example:${port}`))
            await olivia.clicks(asked, 'Allow once')
            await olivia.sees(thread, (message) => message.content.includes('the world says hello'))
          },
        )

        one(
          'builds in the box: a registry is asked about as a host, and what they install works',
          async ({ bench, olivia, thread }, t) => {
            const isAsked = (message: SeenMessage): boolean =>
              textOf(message).includes('wants to reach') && message.components.length > 0
            for (const { name, isHere, open: openFor, build } of packageTools) {
              if (!isHere()) {
                t.diagnostic(`There is no ${name} among the system's programs: not tried.`)
                continue
              }
              const registry = await openFor()
              t.after(() => registry.close())
              const from = `http://packages.example:${registry.port}`
              const tried = (nth: number): string =>
                tryingTools([
                  { tool: 'Bash', input: { command: `mkdir ${name}${nth}; cd ${name}${nth}; ${build(from)}` } },
                ])
              const isOfIt = (message: SeenMessage): boolean =>
                isAsked(message) && textOf(message).includes(`packages.example:${registry.port}`)
              await olivia.says(thread, tried(1))
              const refused = await olivia.sees(thread, isOfIt)
              const { modal } = await olivia.clicks(refused, 'Deny…')
              if (modal !== null) await olivia.submits(modal, {})
              const well = `${name} is tiny and well`
              const ends = async (nth: number): Promise<void> =>
                until(
                  () => bench.model.requests.filter(({ prompt, step }) => prompt === tried(nth) && step > 0).length > 0,
                  name,
                )
              await ends(1)
              assert.ok(!bench.received.includes(well), 'the control: closed, there is nothing to build with')
              assert.deepEqual(registry.asked, [])

              await olivia.says(thread, tried(2))
              const allowed = await olivia.sees(thread, (message) => isOfIt(message) && message.id !== refused.id)
              await olivia.clicks(allowed, 'Allow here')
              await ends(2)
              assert.ok(bench.received.includes(well), bench.received.slice(-2000))
              assert.ok(registry.asked.length >= 2, registry.asked.join())
            }
          },
        )

        one(
          'kill -9 of the bot in mid-answer, then of the way out: the answer comes whole, the next turn is answered',
          async ({ bench, bot, olivia, thread }) => {
            const { stage, model } = bench
            const before = model.requests.length
            await olivia.says(thread, scripted([heldText('one two', ' three four')]))
            const request = await model.gate('held').reached()
            await olivia.sees(thread, (message) => message.content.startsWith('one'))
            await bot.kill()
            assert.equal(request.state, 'open', 'nobody hung up on the model')
            model.gate('held').open()
            const second = await stage.startBot()
            await olivia.sees(thread, (message) => isWhole(message, 'one two three four'))
            assert.equal(model.requests.length, before + 1, 'the model was asked once')

            const { pid } = (await second.logged('egress.up')) as unknown as { readonly pid: number }
            process.kill(pid, 'SIGKILL')
            await second.logged('egress.lost')
            await olivia.says(thread, scripted([{ text: 'Still here.' }]))
            await olivia.sees(thread, (message) => isWhole(message, 'Still here.'))

            const left = (): readonly string[] => readdirSync(join(stage.data, 'egress', 'sessions'))
            assert.equal(left().length, 1)
            await (await olivia.runs(thread, '/session stop')).settled()
            await until(() => left().length === 0, 'the way out of a session that has ended is gone')
          },
        )
      },
    )
  },
)
