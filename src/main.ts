import { homedir } from 'node:os'
import { Command, Option } from 'commander'
import { runDemo } from './cli/demo/run.ts'
import { exitCodeOf } from './cli/exit.ts'
import { start } from './cli/start.ts'
import { stop } from './cli/stop.ts'
import { loadConfig, type Config } from './config/load.ts'
import { Problem } from './core/failure.ts'
import { version } from './version.ts'

const program = new Command('discord-orchestrator')
  .description('Run your coding agents from Discord: a thread is a session with one.')
  .version(version)
  .addHelpText('after', '\nSettings come from the environment and from .env in this folder; see .env.example.')

program
  .command('start', { isDefault: true })
  .description('run the bot; without DISCORD_BOT_TOKEN, the demo')
  .addOption(new Option('--tied', 'end, and end the agents, when standard input ends').hideHelp())
  .action(async (options: { tied?: true }) => {
    const config = configure()
    if (config.discordToken === null && options.tied !== true) await demo(config)
    else await start({ config, tied: options.tied === true })
  })

program
  .command('demo')
  .description('try it without a Discord account: a small Discord of its own in the browser')
  .action(() => demo(configure()))

program
  .command('stop')
  .description('end the running bot; its agents work on until the next start')
  .option('--all', 'end its agents, too')
  .action((options: { all?: true }) =>
    stop({ dataFolder: configure().dataFolder, all: options.all === true, say: (line) => console.log(line) }),
  )

try {
  await program.parseAsync()
} catch (error) {
  // A problem's message is written for whoever reads it here; anything else needs its stack.
  console.error(error instanceof Problem ? error.message : error)
  process.exit(exitCodeOf(error))
}

function configure(): Config {
  return loadConfig({ env: process.env, folder: process.cwd(), home: homedir() })
}

function demo(config: Config): Promise<void> {
  const script = process.argv[1]
  if (script === undefined) throw new Problem('bug', 'The demo cannot tell how it was started.')
  return runDemo({ config, program: [process.execPath, ...process.execArgv, script], env: process.env })
}
