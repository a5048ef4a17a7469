import { describe } from 'node:test'
import { intentStories } from '../e2e/intent-kills.ts'
import { killStories, manyKills, type Script } from '../e2e/kills.ts'
import { sideBySide } from '../contracts/runtime-stage.ts'
import { startAnthropic } from '../models/anthropic.ts'
import { scripted } from '../models/script.ts'
import { CodexLogin } from './codex-bot.ts'
import { command, leave } from './codex-room.ts'
import { claudeBinary, codexBinary, howToInstall, howToInstallCodex } from './install.ts'

/** The same deaths as with `echo`, with the real CLIs behind the bot. */
const claude = claudeBinary()
const codex = codexBinary()
describe('the bot of a real Claude CLI', { ...sideBySide, skip: claude === null && howToInstall }, () => {
  killStories(() => withClaude(claude ?? ''))
  intentStories(() => withClaude(claude ?? ''))
  manyKills(() => withClaude(claude ?? ''))
})
describe('the bot of a real Codex CLI', { ...sideBySide, skip: codex === null && howToInstallCodex }, () => {
  killStories(() => withCodex(codex ?? ''))
  intentStories(() => withCodex(codex ?? ''))
  manyKills(() => withCodex(codex ?? ''))
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
      const command = { command: 'sleep 4', description: 'takes its time' }
      return { prompt: scripted([{ tool: 'Bash', input: command }, { text }]), shows: 'sleep 4', ends: () => {} }
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

async function withCodex(binary: string): Promise<Script> {
  const login = await CodexLogin.open(binary)
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
      const command = { cmd: 'sleep 4', yield_time_ms: 20_000 }
      return {
        prompt: scripted([{ tool: 'exec_command', input: command }, { text }]),
        shows: 'sleep 4',
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

/** The stream stands still before its last word until it is told to go on. */
function held(model: { gate(name: string): { open(): void } }, text: string): ReturnType<Script['held']> {
  const chunks = text.split(' ').length
  const name = `held: ${text}`
  return { prompt: scripted([{ text, chunks, gate: { name, at: chunks - 1 } }]), open: () => model.gate(name).open() }
}
