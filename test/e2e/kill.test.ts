import { killStories } from './kills.ts'

killStories(async () => ({
  runtime: 'echo',
  env: {},
  say: (text) => `!say ${text}`,
  slow: (text, seconds) => `!slow ${seconds}s ${text}`,
  tool: (_stage, text) => ({ prompt: `!tool Bash sleep 3\n!say ${text}`, shows: 'sleep 3' }),
  asked: () => null,
  async [Symbol.asyncDispose]() {},
}))
