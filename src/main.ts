import { homedir } from 'node:os'
import { Command, CommanderError, Option } from 'commander'
import { exitCodeOf, mustBeCorrected, toldOf } from './cli/exit.ts'
import type { Config } from './config/load.ts'
import { Problem } from './core/failure.ts'
import { version } from './version.ts'

// What a command needs is loaded when it is given: `--version` and `--help` need none of it.
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
    await refuseUnknown(command.args[0])
    const { config } = await settings()
    const isTied = options.tied === true
    if (config.discordToken !== null || isTied) {
      const { start } = await import('./cli/start.ts')
      return start({ config, tied: isTied })
    }
    if (config.demoDoubt !== null) throw new Problem('refused', config.demoDoubt)
    await demo(config)
  })

program
  .command('demo')
  .description('try it without a Discord account: a small Discord of its own in the browser')
  .action(async () => demo((await settings()).config))

program
  .command('doctor')
  .description('look at everything the bot needs, and say what is wrong and what mends it')
  .option('--json', 'for programs')
  .action(async (options: { json?: true }) => {
    const isJson = options.json === true
    const [{ doctor }, configured] = await Promise.all([import('./cli/doctor.ts'), settings()])
    process.exitCode = await doctor({
      configure: () => configured.config,
      environment: process.env,
      json: isJson,
      say: (line) => console.log(line),
    })
  })

program
  .command('stop')
  .description('end the running bot; its agents work on until the next start')
  .option('--all', 'end its agents, too')
  .action(async (options: { all?: true }) => {
    const [{ stop }, { config }] = await Promise.all([import('./cli/stop.ts'), settings()])
    await stop({ dataFolder: config.dataFolder, all: options.all === true, say: (line) => console.log(line) })
  })

program
  .command('backup')
  .description('copy everything the bot keeps into a new folder, also while it runs')
  .argument('[folder]', 'where to; left out: backups/<moment> beside the data folder')
  .action(async (to: string | undefined) => {
    const [{ backup }, { config }] = await Promise.all([import('./cli/backup.ts'), settings()])
    await backup({ dataFolder: config.dataFolder, to, say: (line) => console.log(line) })
  })

program
  .command('restore')
  .description('put a backup into the data folder, which must hold nothing yet')
  .argument('<backup>', 'the folder that backup has made')
  .option('--to <folder>', 'another data folder')
  .action(async (from: string, { to }: { to?: string }) => {
    const [{ restoreFrom }, { config }] = await Promise.all([import('./cli/backup.ts'), settings()])
    await restoreFrom({ from, to, dataFolder: config.dataFolder, say: (line) => console.log(line) })
  })

try {
  await program.parseAsync()
} catch (error) {
  // It has said what it has to say already: help, the version, or what it does not know.
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : mustBeCorrected)
  // A problem's message is written for whoever reads it here; anything else needs its stack.
  console.error(error instanceof Problem ? toldOf(error) : error)
  process.exit(exitCodeOf(error))
}

async function refuseUnknown(typed: string | undefined): Promise<void> {
  if (typed === undefined) return
  const { nearest } = await import('./config/nearest.ts')
  const names = program.commands.map((command) => command.name())
  const meant = nearest(typed, names)
  const guess = meant === null ? '' : ` Did you mean "${meant}"?`
  throw new Problem('refused', `There is no command "${typed}".${guess} There are: ${names.join(', ')}.`)
}

/** The configuration, read when it is asked for: what is wrong with it is told by whoever asks. */
async function settings(): Promise<{ readonly config: Config }> {
  const { loadConfig } = await import('./config/load.ts')
  return {
    get config() {
      return loadConfig({ env: process.env, folder: process.cwd(), home: homedir() })
    },
  }
}

async function demo(config: Config): Promise<void> {
  const { runDemo } = await import('./cli/demo/run.ts')
  const script = process.argv[1]
  if (script === undefined) throw new Problem('bug', 'The demo cannot tell how it was started.')
  return runDemo({ config, program: [process.execPath, ...process.execArgv, script], env: process.env })
}
