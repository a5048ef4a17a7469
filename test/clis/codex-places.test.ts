import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { isWhole } from '../e2e/scene.ts'
import { scripted } from '../models/script.ts'
import { CodexBot } from './codex-bot.ts'
import { codexBinary, howToInstallCodex } from './install.ts'
import { command } from './codex-room.ts'

/** The real CLI works wherever an operator may have put things, and the bot's own files stay closed to it. */
const binary = codexBinary() ?? ''

const layouts = [
  { name: 'beside each other', data: 'data', project: 'projects/shop', roots: 'projects' },
  { name: 'the project below the data folder', data: 'data', project: 'data/demo-project', roots: 'data/demo-project' },
  { name: 'the data folder in the project', data: 'shop/data', project: 'shop', roots: 'shop' },
]

describe(
  'the real Codex CLI, wherever the folders lie',
  { ...sideBySide, skip: codexBinary() === null && howToInstallCodex },
  () => {
    for (const { name, ...layout } of layouts)
      test(name, async () => {
        await using bot = await CodexBot.open(binary, { layout })
        const { stage } = bot
        await stage.startBot()
        mkdirSync(join(stage.data, 'attachments'), { recursive: true })
        writeFileSync(join(stage.data, 'attachments', 'abc'), 'attached-text')
        const olivia = await stage.sandbox.actor('olivia')
        const thread = await stage.session(olivia, 'shop', 'codex', stage.project)
        const own = ['orchestrator.sqlite', 'orchestrator.sqlite-wal', 'spools/id', 'spools/*/process.json', 'codex/*']
        const cmd = [
          'cat README.md',
          `cat ${join(stage.data, 'attachments', 'abc')}`,
          ...own.map((file) => `head -c 300 ${join(stage.data, file)}`),
          `ls ${stage.data}/spools`,
          `ls ${bot.login.home}`,
          'echo written > made-by-the-agent; true',
        ].join('; ')
        const patch = '*** Begin Patch\n*** Add File: patched.txt\n+patched\n*** End Patch\n'
        const steps = [command(cmd), { tool: 'apply_patch', input: { raw: patch } }, { text: 'That was it.' }]
        await olivia.says(thread, scripted(steps))
        await olivia.sees(thread, (message) => isWhole(message, 'That was it.'))
        assert.equal(readFileSync(join(stage.project, 'made-by-the-agent'), 'utf8'), 'written\n')
        assert.equal(readFileSync(join(stage.project, 'patched.txt'), 'utf8'), 'patched\n')
        for (const shown of ['# Shop', 'attached-text']) assert.ok(bot.received.includes(shown), shown)
        assert.equal(bot.received.split('Permission denied').length - 1 >= own.length, true, bot.received.slice(-4000))
        const secrets = [readFileSync(join(stage.data, 'spools', 'id'), 'utf8'), 'SQLite format', 'generation']
        for (const secret of secrets) assert.ok(!bot.received.includes(secret), secret)
        assert.ok(!bot.received.includes('config.toml\\n'), 'nor is its login listed')
        assert.ok(existsSync(stage.data))
      })

    test("a session in the bot's own folder is refused, in words", async () => {
      const layout = { data: 'shop/data', project: 'shop', roots: 'shop' }
      await using bot = await CodexBot.open(binary, { layout })
      const { stage } = bot
      await stage.startBot()
      const olivia = await stage.sandbox.actor('olivia')
      const thread = await stage.session(olivia, 'shop', 'codex', join(stage.data, 'spools'))
      await olivia.says(thread, scripted([{ text: 'never' }]))
      await stage.botShows(olivia, thread, /belongs to the bot itself/)
      assert.equal(bot.login.model.requests.length, 0)
    })
  },
)
