import { test } from 'node:test'
import { killStories, type Script } from '../e2e/kills.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The same deaths as with `echo`, with the real CLI behind the bot. */
const binary = claudeBinary()
if (binary === null) test('killing the bot of a real CLI', { skip: howToInstall })
else killStories(() => withClaude(binary))

async function withClaude(claude: string): Promise<Script> {
  const model = await startAnthropic()
  return {
    runtime: 'claude',
    env: { ...claudeEnv(claude), ANTHROPIC_BASE_URL: model.url },
    say: (text) => scripted([{ text }]),
    slow: (text, seconds) => {
      const chunks = text.split(' ').length
      return scripted([{ text, chunks, chunkDelay: Math.round((seconds * 1000) / chunks) }])
    },
    tool(_stage, text) {
      // Not asked about: it changes nothing.
      const command = { command: 'sleep 4', description: 'takes its time' }
      return { prompt: scripted([{ tool: 'Bash', input: command }, { text }]), shows: 'sleep 4' }
    },
    asked: (text) => model.requests.filter((request) => request.prompt.includes(text)).length,
    [Symbol.asyncDispose]: () => model.close(),
  }
}

/** What a bot needs to run the real CLI with a dummy key. */
function claudeEnv(claude: string): Record<string, string> {
  return { OMC_CLAUDE_BIN: claude, ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model' }
}
