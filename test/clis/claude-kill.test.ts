import { describe } from 'node:test'
import { intentStories } from '../e2e/intent-kills.ts'
import { killStories, manyKills } from '../e2e/kills.ts'
import type { Script } from '../e2e/script.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { storiesAtOnce } from '../runner/stories.ts'
import { held } from './held.ts'
import { claudeBinary, howToInstall } from './install.ts'

/** The same deaths as with `echo`, in a row of one session, with the real Claude CLI behind the bot. */
const claude = claudeBinary()
// No more of them than have a stage: a row holds its one for long, and nobody's time runs while they wait for theirs.
describe('the bot of a real Claude CLI', { concurrency: storiesAtOnce, skip: claude === null && howToInstall }, () => {
  killStories(() => withClaude(claude ?? ''), { inARow: true })
  intentStories(() => withClaude(claude ?? ''), { inARow: true })
  manyKills(() => withClaude(claude ?? ''))
})

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
    held: (_stage, text) => held(model, text),
    tool(_stage, text) {
      // Not asked about: it changes nothing.
      const command = { command: 'sleep 8', description: 'takes its time' }
      return { prompt: scripted([{ tool: 'Bash', input: command }, { text }]), shows: 'sleep 8', ends: () => {} }
    },
    asks(text) {
      const input = {
        command: `chmod u+r . && echo ${text}`,
        description: 'a test',
        dangerouslyDisableSandbox: true,
      }
      return {
        prompt: scripted([{ tool: 'Bash', input }, { text: `Said: ${text}` }]),
        what: text,
        done: `Said: ${text}`,
      }
    },
    asked: (text) => model.requests.filter((request) => request.prompt.includes(text)).length,
    [Symbol.asyncDispose]: () => model.close(),
  }
}

/** What a bot needs to run the real CLI with a dummy key. */
function claudeEnv(claude: string): Record<string, string> {
  return { OMC_CLAUDE_BIN: claude, ANTHROPIC_API_KEY: 'dummy-key-for-the-scripted-model' }
}
