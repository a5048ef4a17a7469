import { describe } from 'node:test'
import { intentStories } from '../e2e/intent-kills.ts'
import { killStories, manyKills } from '../e2e/kills.ts'
import type { Script } from '../e2e/script.ts'
import { scripted } from '../models/script.ts'
import { storiesAtOnce } from '../runner/stories.ts'
import { CodexLogin } from './codex-bot.ts'
import { command, leave } from './codex-room.ts'
import { held } from './held.ts'
import { codexBinary, howToInstallCodex } from './install.ts'

/** The same deaths as with `echo`, in a row of one session, with the real Codex CLI behind the bot. */
const codex = codexBinary()
// No more of them than have a stage: a row holds its one for long, and nobody's time runs while they wait for theirs.
describe(
  'the bot of a real Codex CLI',
  { concurrency: storiesAtOnce, skip: codex === null && howToInstallCodex },
  () => {
    killStories(() => withCodex(codex ?? ''), { inARow: true })
    intentStories(() => withCodex(codex ?? ''), { inARow: true })
    manyKills(() => withCodex(codex ?? ''))
  },
)

async function withCodex(binary: string): Promise<Script> {
  const login = await CodexLogin.open(binary, { looksUp: false })
  return {
    runtime: 'codex',
    env: login.env,
    say: (text) => scripted([{ text }]),
    slow: (text, seconds) => {
      const chunks = text.split(' ').length
      return scripted([{ text, chunks, chunkDelay: Math.round((seconds * 1000) / chunks) }])
    },
    held: (_stage, text) => held(login.model, text),
    tool(_stage, text) {
      const command = { cmd: 'sleep 8', yield_time_ms: 30_000 }
      return {
        prompt: scripted([{ tool: 'exec_command', input: command }, { text }]),
        shows: 'sleep 8',
        ends: () => {},
      }
    },
    asks: (text) => ({
      prompt: scripted([command(`echo ${text}`, leave), { text: `Said: ${text}` }]),
      what: text,
      done: `Said: ${text}`,
    }),
    asked: (text) => login.model.requests.filter((request) => request.prompt.includes(text)).length,
    [Symbol.asyncDispose]: () => login[Symbol.asyncDispose](),
  }
}
