import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { textOf, type Actor, type SeenPlace } from 'loopback-discord'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { asked, decided, openTeam } from '../e2e/approving.ts'
import { pinging, pressesForged } from '../e2e/forging.ts'
import { isWhole } from '../e2e/scene.ts'
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

for (const [runtime, ask] of Object.entries(asking))
  describe(`what people are shown of the real CLI of ${runtime}`, { ...sideBySide, skip: missing }, () => {
    async function enter(tried: (bench: BotBench, olivia: Actor, thread: SeenPlace) => Promise<void>): Promise<void> {
      await using login = await CodexLogin.open(codex ?? '')
      await using bench = await BotBench.open(claude ?? '', login.env, openTeam)
      await bench.stage.startBot()
      const olivia = await bench.stage.sandbox.actor('olivia')
      await tried(bench, olivia, await bench.stage.session(olivia, 'shop', runtime, bench.stage.project))
    }

    test('it pings nobody, whatever it says', () =>
      enter(async ({ stage }, olivia, thread) => {
        const bob = await stage.sandbox.actor('bob')
        const text = `hear me @everyone @here <@${bob.id}> <@&${stage.roleId('owner')}>`
        await olivia.says(thread, scripted([{ text }]))
        await olivia.sees(thread, (message) => isWhole(message, 'hear me'), { within: 40_000 })
        assert.ok(!pinging(stage, thread, olivia))
      }))

    test('a consent holds for the input it was given to, and a name that hides is written out', () =>
      enter(async ({ stage }, olivia, thread) => {
        const [first, second] = ['first.txt', 'second.txt'].map((name) => join(stage.project, name))
        await olivia.says(thread, scripted([ask(`touch ${first}`), { text: 'That was the first.' }]))
        const harmless = await asked(olivia, thread, 'first.txt')
        const pressed = structuredClone(harmless.components)
        await olivia.clicks(harmless, 'Approve')
        await decided(olivia, harmless, 'Approved')
        await olivia.sees(thread, (message) => isWhole(message, 'That was the first.'), { within: 40_000 })
        assert.ok(existsSync(first ?? ''))

        const hiding = `touch ${second} 'invoice\u202efdp.exe\u200b'`
        await olivia.says(thread, scripted([ask(hiding), { text: 'That was the second.' }]))
        const harmful = await asked(olivia, thread, 'second.txt')
        assert.ok(textOf(harmful).includes('invoice⟨U+202E⟩fdp.exe⟨U+200B⟩'), textOf(harmful))
        await pressesForged(stage, olivia, harmful, pressed)
        assert.equal(stage.query("select 1 from run_events where type = 'answered'").length, 1, 'only the first')
        assert.equal(stage.query('select 1 from approvals where closed = 0').length, 1, 'the other still waits')
        assert.ok(!existsSync(second ?? ''))
        const { modal } = await olivia.clicks(harmful, 'Deny…')
        assert.ok(modal)
        await olivia.submits(modal, {})
        await decided(olivia, harmful, 'Denied')
        await olivia.sees(thread, (message) => isWhole(message, 'That was the second.'), { within: 40_000 })
        assert.ok(!existsSync(second ?? ''))
      }))
  })
