import { describe, test } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { cancelEndsDaemons, claudeWords, codexWords, guestsGet } from './machine.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** On a machine that makes no boxes (the bot is root here, or is told to make none). */
describe(
  'without boxes: guests’ agents have no tools, and what an agent has started ends by /cancel',
  sideBySide,
  () => {
    const [claude, codex] = [claudeBinary(), codexBinary()]
    const env = { OMC_BOX: 'off' }

    test('the real Claude CLI', { skip: claude === null && howToInstall }, async () => {
      await using bench = await BotBench.open(claude ?? '', env)
      await guestsGet(bench, claudeWords, false)
      await cancelEndsDaemons(bench, claudeWords, false)
    })

    test('the real Codex CLI', { skip: codex === null && howToInstallCodex }, async () => {
      await using bot = await CodexBot.open(codex ?? '', { env })
      const { stage, login } = bot
      await guestsGet({ stage, model: login.model }, codexWords, false)
      await cancelEndsDaemons({ stage, model: login.model }, codexWords, false)
    })
  },
)
