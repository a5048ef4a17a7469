import type { Script } from './script.ts'

/** The stories as they are told to echo. */
export async function echoScript(): Promise<Script> {
  return {
    runtime: 'echo',
    env: {},
    say: (text) => `!say ${text}`,
    slow: (text, seconds) => `!slow ${seconds}s ${text}`,
    held: (stage, text) => ({ prompt: `!until held ${text}`, open: () => stage.opens('held') }),
    tool: (stage, text) => ({
      prompt: `!until tool !tool Bash sleep 3\n!say ${text}`,
      shows: 'sleep 3',
      ends: () => stage.opens('tool'),
    }),
    asks: (text) => ({ prompt: `!ask Bash echo ${text}`, what: `echo ${text}`, done: `Done: echo ${text}` }),
    asked: () => null,
    async [Symbol.asyncDispose]() {},
  }
}
