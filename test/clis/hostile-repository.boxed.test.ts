import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { BotBench } from './bot-bench.ts'
import { CodexBot } from './codex-bot.ts'
import { echoLooksAround, livesIn, looksAround } from './hostile-repository.ts'
import { claudeWords, codexWords } from './machine.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** Loopback is the world in it. */
const program = join(import.meta.dirname, '..', 'egress', 'open-program.ts')

describe('a hostile repository in boxes: nothing of it runs outside of them', sideBySide, () => {
  const [claude, codex] = [claudeBinary(), codexBinary()]
  const env = { OMC_BOX: 'required', TEST_EGRESS: program }

  test('with the real Claude CLI, and with echo', { skip: claude === null && howToInstall }, async () => {
    await using bench = await BotBench.open(claude ?? '', env)
    await bench.stage.startBot()
    await livesIn(bench.stage, [
      ['claude', looksAround(claudeWords)],
      ['echo', echoLooksAround],
    ])
  })

  test('with the real Codex CLI', { skip: codex === null && howToInstallCodex }, async () => {
    await using bot = await CodexBot.boxed(codex ?? '')
    await bot.stage.startBot()
    await livesIn(bot.stage, [['codex', looksAround(codexWords)]])
  })
})
