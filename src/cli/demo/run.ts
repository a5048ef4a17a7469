import type { Config } from '../../config/config.ts'
import { startDemo } from './demo.ts'

export interface RunDemoOptions {
  readonly config: Config
  readonly program: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Runs the demo at a terminal until Ctrl+C. */
export async function runDemo({ config, program, env }: RunDemoOptions): Promise<void> {
  const say = (line: string): void => console.log(line)
  const demo = await startDemo({ config, port: config.demoPort, program, env, say })
  let ending = false
  const end = async (): Promise<void> => {
    // Twice by npm and the terminal for one Ctrl+C; it ends in order in any case, or within the bot's patience.
    if (ending) return
    ending = true
    say('Ending the bot, its agents and the demo.')
    await demo.close()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end())
  await demo.sandbox.botOnline(60_000)
  await demo.ready
  say(`\nOpen ${demo.url} in a browser. You are olivia, the owner; choose somebody else at the top.`)
  say(`No Discord account is needed. The bot's log: ${config.dataFolder}/demo/bot.log`)
  say('Ctrl+C ends it all.')
}
