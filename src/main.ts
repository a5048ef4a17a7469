import { homedir } from 'node:os'
import { Command, CommanderError, Option } from 'commander'
import { runDemo } from './cli/demo/run.ts'
import { backup, restoreFrom } from './cli/backup.ts'
import { doctor } from './cli/doctor.ts'
import { exitCodeOf, mustBeCorrected, toldOf } from './cli/exit.ts'
import { start } from './cli/start.ts'
import { stop } from './cli/stop.ts'
import { loadConfig, type Config } from './config/load.ts'
import { nearest } from './config/nearest.ts'
import { Problem } from './core/failure.ts'
import { version } from './version.ts'

const program = new Command('discord-orchestrator')
  .description('Run your coding agents from Discord: a thread is a session with one.')
  .version(version)
  .exitOverride()
  .addHelpText('after', '\nSettings come from the environment and from .env in this folder; see .env.example.')

program
  .command('start', { isDefault: true })
  .description('run the bot; without DISCORD_BOT_TOKEN, the demo')
  .addOption(new Option('--tied', 'end, and end the agents, when standard input ends').hideHelp())
  // What is no command comes here, because this one is the default.
  .allowExcessArguments()
  .action(async (options: { tied?: true }, command: Command) => {
    refuseUnknown(command.args[0])
    const config = configure()
    const isTied = options.tied === true
    if (config.discordToken !== null || isTied) return start({ config, tied: isTied })
    if (config.demoDoubt !== null) throw new Problem('refused', config.demoDoubt)
    await demo(config)
  })

program
  .command('demo')
  .description('try it without a Discord account: a small Discord of its own in the browser')
  .action(() => demo(configure()))

program
  .command('doctor')
  .description('look at everything the bot needs, and say what is wrong and what mends it')
  .option('--json', 'for programs')
  .action(async (options: { json?: true }) => {
    const isJson = options.json === true
    process.exitCode = await doctor({
      configure,
      environment: process.env,
      json: isJson,
      say: (line) => console.log(line),
    })
  })

program
  .command('stop')
  .description('end the running bot; its agents work on until the next start')
  .option('--all', 'end its agents, too')
  .action((options: { all?: true }) =>
    stop({ dataFolder: configure().dataFolder, all: options.all === true, say: (line) => console.log(line) }),
  )

program
  .command('backup')
  .description('copy everything the bot keeps into a new folder, also while it runs')
  .argument('[folder]', 'where to; left out: backups/<moment> beside the data folder')
  .action((to: string | undefined) =>
    backup({ dataFolder: configure().dataFolder, to, say: (line) => console.log(line) }),
  )

program
  .command('restore')
  .description('put a backup into the data folder, which must hold nothing yet')
  .argument('<backup>', 'the folder that backup has made')
  .option('--to <folder>', 'another data folder')
  .action((from: string, { to }: { to?: string }) =>
    restoreFrom({ from, to, dataFolder: configure().dataFolder, say: (line) => console.log(line) }),
  )

try {
  await program.parseAsync()
} catch (error) {
  // It has said what it has to say already: help, the version, or what it does not know.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : mustBeCorrected)
  // A problem's message is written for whoever reads it here; anything else needs its stack.
  console.error(error instanceof Problem ? toldOf(error) : error)
  process.exit(exitCodeOf(error))
}

function refuseUnknown(typed: string | undefined): void {
  if (typed === undefined) return
  const names = program.commands.map((command) => command.name())
  const meant = nearest(typed, names)
  const guess = meant === null ? '' : ` Did you mean "${meant}"?`
  throw new Problem('refused', `There is no command "${typed}".${guess} There are: ${names.join(', ')}.`)
}

function configure(): Config {
  return loadConfig({ env: process.env, folder: process.cwd(), home: homedir() })
}

function demo(config: Config): Promise<void> {
  const script = process.argv[1]
  if (script === undefined) throw new Problem('bug', 'The demo cannot tell how it was started.')
  return runDemo({ config, program: [process.execPath, ...process.execArgv, script], env: process.env })
}
