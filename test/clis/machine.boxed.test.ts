import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import {
  cancelEndsDaemons,
  claudeWords,
  codexWords,
  guestsGet,
  obeyedIsTheOwners,
  trustedServersWork,
} from './machine.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

describe(
  'in boxes: guests’ agents look at the session’s folder alone, what an agent has started ends by /cancel, and what others obey is the owners’',
  sideBySide,
  () => {
    const [claude, codex] = [claudeBinary(), codexBinary()]
    const env = { OMC_BOX: 'required', TEST_EGRESS: program }

    test('the real Claude CLI', { skip: claude === null && howToInstall }, async () => {
      await using bench = await BotBench.open(claude ?? '', env)
      const first = await guestsGet(bench, claudeWords, true)
      await cancelEndsDaemons(bench, claudeWords, true)
      await trustedServersWork(bench, claudeWords)
      await obeyedIsTheOwners(bench, claudeWords, first)
    })

    test('the real Codex CLI', { skip: codex === null && howToInstallCodex }, async () => {
      await using bot = await CodexBot.boxed(codex ?? '')
      const { stage, login } = bot
      const first = await guestsGet({ stage, model: login.model }, codexWords, true)
      await cancelEndsDaemons({ stage, model: login.model }, codexWords, true)
      await trustedServersWork({ stage, model: login.model }, codexWords)
      await obeyedIsTheOwners({ stage, model: login.model }, codexWords, first)
    })
  },
)
