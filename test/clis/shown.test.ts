import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { asked, decided, openTeam, told } from '../e2e/approving.ts'
import type { Bot } from '../e2e/bots.ts'
import { pinging, pressesForged } from '../e2e/forging.ts'
import { isWhole } from '../e2e/scene.ts'
import type { Stage, StageOptions } from '../e2e/stage.ts'
import { inARow } from '../in-a-row.ts'
import { scripted, type StepInput } from '../models/script.ts'
import { BotBench } from './bot-bench.ts'
import { CodexLogin } from './codex-bot.ts'
import { command, leave } from './codex-room.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** What an agent of a real CLI tries on the people who look at it: node test/run.js test/clis/shown.test.ts */
const claude = claudeBinary()
const codex = codexBinary()
const missing = (claude === null && howToInstall) || (codex === null && howToInstallCodex)

/** A command that is asked about, in each one's words. */
const asking: Readonly<Record<string, (text: string) => StepInput>> = {
  claude: (text) => {
    const input = { command: `chmod u+r . && ${text}`, description: 'a test', dangerouslyDisableSandbox: true }
    return { tool: 'Bash', input }
  },
  codex: (text) => command(text, leave),
}

/** A session of a real CLI, which its stories share. */
class Shown implements AsyncDisposable {
  readonly bench: BotBench
  readonly bot: Bot
  readonly olivia: Actor
  readonly thread: SeenPlace
  readonly #login: CodexLogin

  private constructor(login: CodexLogin, bench: BotBench, bot: Bot, olivia: Actor, thread: SeenPlace) {
    this.#login = login
    this.bench = bench
    this.bot = bot
    this.olivia = olivia
    this.thread = thread
  }

  static async open(runtime: string): Promise<Shown> {
    await using stack = new AsyncDisposableStack()
    const login = stack.use(await CodexLogin.open(codex ?? ''))
    const open = (options: StageOptions) => openTeam({ ...options, timings: { gatherAsksMs: 600_000 } })
    const bench = stack.use(await BotBench.open(claude ?? '', login.env, open))
    const bot = await bench.stage.startBot()
    const olivia = await bench.stage.sandbox.actor('olivia')
    const thread = await bench.stage.session(olivia, 'shop', runtime, bench.stage.project)
    stack.move()
    return new Shown(login, bench, bot, olivia, thread)
  }

  get stage(): Stage {
    return this.bench.stage
  }

  /** How many answers of people are in the journal. */
  answers(): number {
    return this.stage.query("select 1 from run_events where type = 'answered'").length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]()
    await this.#login[Symbol.asyncDispose]()
  }
}

for (const [runtime, ask] of Object.entries(asking))
  describe(`what people are shown of the real CLI of ${runtime}`, { ...sideBySide, skip: missing }, () => {
    inARow(
      'in one session',
      () => Shown.open(runtime),
      (one) => {
        one('it pings nobody, whatever it says', async ({ stage, olivia, thread }) => {
          const bob = await stage.sandbox.actor('bob')
          const text = `hear me @everyone @here <@${bob.id}> <@&${stage.roleId('owner')}>`
          await olivia.says(thread, scripted([{ text }]))
          await olivia.sees(thread, (message) => isWhole(message, 'hear me'))
          assert.ok(!pinging(stage, thread, olivia))
        })

        one('a consent holds for the input it was given to, and a name that hides is written out', async (scene) => {
          const { stage, olivia, thread } = scene
          const before = scene.answers()
          const [first, second] = ['first.txt', 'second.txt'].map((name) => join(stage.project, name))
          await olivia.says(thread, scripted([ask(`touch ${first}`), { text: 'That was the first.' }]))
          const harmless = await asked(olivia, thread, 'first.txt')
          const pressed = structuredClone(harmless.components)
          await olivia.clicks(harmless, 'Approve')
          await decided(olivia, harmless, 'Approved')
          await olivia.sees(thread, (message) => isWhole(message, 'That was the first.'))
          assert.ok(existsSync(first ?? ''))

          const hiding = `touch ${second} 'invoice\u202efdp.exe\u200b'`
          await olivia.says(thread, scripted([ask(hiding), { text: 'That was the second.' }]))
          const harmful = await asked(olivia, thread, 'second.txt')
          assert.ok(textOf(harmful).includes('invoice⟨U+202E⟩fdp.exe⟨U+200B⟩'), textOf(harmful))
          await pressesForged(stage, olivia, harmful, pressed)
          assert.equal(scene.answers(), before + 1, 'only the first')
          assert.equal(stage.query('select 1 from approvals where closed = 0').length, 1, 'the other still waits')
          assert.ok(!existsSync(second ?? ''))
          const { modal } = await olivia.clicks(harmful, 'Deny…')
          assert.ok(modal)
          await olivia.submits(modal, {})
          await decided(olivia, harmful, 'Denied')
          await olivia.sees(thread, (message) => isWhole(message, 'That was the second.'))
          assert.ok(!existsSync(second ?? ''))
        })

        one('a script that changes while it is asked about is asked about anew', async (scene) => {
          const { stage, olivia, thread } = scene
          const before = scene.answers()
          const script = join(stage.project, 'run.sh')
          writeFileSync(script, 'echo first > out.txt\n')
          await olivia.says(thread, scripted([ask('sh run.sh'), { text: 'It ran.' }]))
          const question = await asked(olivia, thread, 'sh run.sh')
          assert.match(textOf(question), /Holds for `run\.sh` as it stands now/)
          writeFileSync(script, 'echo second > out.txt\n')
          await olivia.clicks(question, 'Approve')
          await told(olivia, thread, '`run.sh` changed after you were asked, so nothing is approved yet.')
          assert.equal(scene.answers(), before)
          await olivia.clicks(await asked(olivia, thread, 'Asked again'), 'Approve')
          await decided(olivia, question, 'Approved by @olivia')
          await olivia.sees(thread, (message) => isWhole(message, 'It ran.'))
          assert.equal(readFileSync(join(stage.project, 'out.txt'), 'utf8'), 'second\n')
        })

        // The last one: it kills.
        if (runtime === 'claude')
          one('many questions at once are one message, also over a kill, and each is answered once', async (scene) => {
            const { stage, bot, olivia, thread } = scene
            const before = scene.answers()
            const urls = [1, 2, 3, 4, 5].map((at) => `https://example.com/${at}`)
            const tools = urls.map((url) => ({ tool: 'WebFetch', input: { url, prompt: 'what is there' } }))
            await olivia.says(thread, scripted([{ tools }, { text: 'Nothing was fetched.' }]))
            const list = await asked(olivia, thread, 'Claude Code asks for 5 things')
            const one = await (await olivia.chooses(list, 'Look at one', [`2. ${urls[1]}`])).settled()
            assert.match(textOf(one), /https:\/\/example\.com\/2/)
            await bot.kill()
            await stage.startBot()
            const form = await olivia.clicks(list, 'Deny these 5…')
            assert.ok(form.modal)
            await olivia.submits(form.modal, { 'Why not': 'no network today' })
            await decided(olivia, list, '■ 5 denied by @olivia')
            await olivia.sees(thread, (message) => isWhole(message, 'Nothing was fetched.'))
            assert.equal(scene.answers(), before + 5)
            await olivia.sees(
              thread,
              (message) => message.id === one.id && textOf(message).includes('Denied by @olivia'),
            )
          })
      },
    )
  })
