import { homedir } from 'node:os'
import { Argument, Command, CommanderError, Option } from 'commander'
import { exitCodeOf, mustBeCorrected, toldOf } from './cli/exit.ts'
import type { DatabaseKind } from './cli/move.ts'
import type { Interviewer } from './cli/setup/interviewer.ts'
import type { SetupFlags } from './cli/setup/step.ts'
import type { Role } from './cli/start.ts'
import type { Config } from './config/config.ts'
import { Problem } from './core/failure.ts'
import { version } from './system/program.ts'

// What a command needs is loaded when it is given: `--version` and `--help` need none of it.
const program = new Command('discord-orchestrator')
  .description('Run your coding agents from Discord: a thread is a session with one.')
  .version(version)
  .exitOverride()
  .addHelpText('after', '\nSettings come from the environment and from .env in this folder; see .env.example.')

program
  .command('start', { isDefault: true })
  .description('run the bot; without DISCORD_BOT_TOKEN, the demo')
  .addOption(
    new Option('--role <role>', 'control: without agents; worker: agents alone')
      .choices(['all', 'control', 'worker'])
      .default('all'),
  )
  .addOption(new Option('--tied', 'end, and end the agents, when standard input ends').hideHelp())
  // What is no command comes here, because this one is the default.
  .allowExcessArguments()
  .action(async (options: { tied?: true; role: Role }, command: Command) => {
    await refuseUnknown(command.args[0])
    const { config } = await settings()
    const isTied = options.tied === true
    const { role } = options
    if (config.discordToken !== null || isTied || role === 'worker') {
      const { start } = await import('./cli/start.ts')
      return start({ config, tied: isTied, role })
    }
    if (role === 'control') throw new Problem('refused', '--role control needs DISCORD_BOT_TOKEN: see README.md.')
    if (config.demoDoubt !== null) throw new Problem('refused', config.demoDoubt)
    await demo(config)
  })

program
  .command('demo')
  .description('try it without a Discord account: a small Discord of its own in the browser')
  .action(async () => demo((await settings()).config))

program
  .command('setup')
  .description('ask for what the bot needs, try it out and write it into .env; can be run again')
  .option('--yes', 'ask nothing: take these answers, what is in .env, and what is usual')
  .option('--token-file <file>', "the file with the bot's token, - for standard input (or set DISCORD_BOT_TOKEN)")
  .option('--guild <server>', 'its server, by id or name')
  .option('--owner-role <role>', 'whose members own the bot, by id or name')
  .option('--owner <id>', 'the person who owns the bot, by id')
  .option('--roots <folders>', 'where agents may work, several with commas')
  .option('--service <kind>', 'what keeps it running, as service install --kind takes it; none')
  .option('--alerts-channel <channel>', 'told what has to be mended, by id or name; none')
  .option('--audit-channel <channel>', 'gets a copy of every decision, by id or name; none')
  .option('--set <NAME=value...>', 'any other variable of .env.example')
  .action(async ({ yes, ...flags }: SetupFlags & { yes?: true }) => {
    const isAlone = yes === true
    if (!isAlone && !isTerminal())
      throw new Problem(
        'refused',
        'Nobody can be asked here, as this is no terminal. Give the answers as flags, with --yes.',
      )
    const [{ setup }, interviewer] = await Promise.all([import('./cli/setup/setup.ts'), whoIsThere(isAlone)])
    const [folder, home] = [process.cwd(), homedir()]
    const say = (line: string): void => console.log(line)
    process.exitCode = await setup({ flags, environment: process.env, folder, home, interviewer, say })
  })

program
  .command('doctor')
  .description('look at everything the bot needs, and say what is wrong and what mends it')
  .option('--json', 'for programs')
  .addOption(
    new Option('--role <role>', 'as start takes it; left out: what .env tells').choices(['all', 'control', 'worker']),
  )
  .action(async (options: { json?: true; role?: Role }) => {
    const isJson = options.json === true
    const [{ doctor }, configured] = await Promise.all([import('./cli/doctor.ts'), settings()])
    process.exitCode = await doctor({
      configure: () => configured.config,
      environment: process.env,
      role: options.role,
      json: isJson,
      say: (line) => console.log(line),
    })
  })

program
  .command('page')
  .description("get a link that opens the running bot's page once")
  .option('--as <id>', 'for another owner, by their Discord id; left out: OMC_OWNER_USER_ID')
  .action(async ({ as }: { as?: string }) => {
    const [{ page }, { config }] = await Promise.all([import('./cli/page.ts'), settings()])
    await page({ config, as: as ?? null, say: (line) => console.log(line) })
  })

program
  .command('audit')
  .description('say whether a file of /audit export is whole')
  .argument('<file>', 'what Discord gave')
  .action(async (file: string) => {
    const { audit } = await import('./cli/audit.ts')
    audit(file, (line) => console.log(line))
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
    await backup({
      dataFolder: config.dataFolder,
      databaseUrl: config.databaseUrl,
      to,
      say: (line) => console.log(line),
    })
  })

program
  .command('restore')
  .description('put a backup into the data folder, which must hold nothing yet')
  .argument('<backup>', 'the folder that backup has made')
  .option('--to <folder>', 'another data folder')
  .action(async (from: string, { to }: { to?: string }) => {
    const [{ restoreFrom }, { config }] = await Promise.all([import('./cli/backup.ts'), settings()])
    const { dataFolder, databaseUrl } = config
    await restoreFrom({ from, to, dataFolder, databaseUrl, say: (line) => console.log(line) })
  })

program
  .command('move')
  .description('move the database between its file and PostgreSQL (OMC_DATABASE_URL); the data folder stays')
  .addArgument(new Argument('<to>', 'where to').choices(['postgresql', 'sqlite']))
  .action(async (to: DatabaseKind) => {
    const [{ move }, { config }] = await Promise.all([import('./cli/move.ts'), settings()])
    const { dataFolder, databaseUrl } = config
    await move({ to, dataFolder, databaseUrl, say: (line) => console.log(line) })
  })

program
  .command('prune')
  .description('take away now what is older than OMC_KEEP_* says; a running bot does it once a day')
  .option('--worktrees', 'working copies that no session has, too, where nothing would be lost')
  .action(async (options: { worktrees?: true }) => {
    const [{ pruneNow }, { config }] = await Promise.all([import('./cli/prune.ts'), settings()])
    const say = (line: string): void => console.log(line)
    await pruneNow({ config, environment: process.env, worktrees: options.worktrees === true, say })
  })

program
  .command('upgrade')
  .description('say which version this is, make a backup, and say the steps')
  .action(async () => {
    const [{ upgrade }, { config }] = await Promise.all([import('./cli/upgrade.ts'), settings()])
    const { dataFolder, databaseUrl } = config
    await upgrade({ dataFolder, databaseUrl, say: (line) => console.log(line) })
  })

program
  .command('uninstall')
  .description('end the bot and its agents and take its service away; data stays unless it is named')
  .option('--yes', 'ask nothing')
  .option('--data', 'remove what the bot has kept, too')
  .option('--name <name>', 'of its service, when there are several bots')
  .action(async ({ yes, data, name }: { yes?: true; data?: true; name?: string }) => {
    const [{ uninstall }, { config }, interviewer] = await Promise.all([
      import('./cli/uninstall.ts'),
      settings(),
      whoIsThere(),
    ])
    const say = (line: string): void => console.log(line)
    const asked = { config, environment: process.env, folder: process.cwd(), name, say }
    await uninstall({ ...asked, interviewer, yes: yes === true, data: data === true })
  })

const service = program.command('service').description('have the machine keep the bot running')
for (const [name, description] of [
  ['install', 'write its file, and start it; again after an upgrade'],
  ['status', 'whether it is installed and runs'],
  ['uninstall', 'end it and take its file away; agents and data stay'],
  ['show', 'print the file that install would write'],
] as const)
  service
    .command(name)
    .description(description)
    .option('--kind <kind>', 'systemd, systemd-system, launchd or pm2; left out: what this machine has')
    .option('--name <name>', 'when there are several bots')
    .option('--user <user>', 'whom it runs as (systemd-system)')
    .addOption(
      new Option('--role <role>', 'as start takes it; left out: as it was').choices(['all', 'control', 'worker']),
    )
    .action(async (options: { kind?: string; name?: string; user?: string; role?: Role }) => {
      const [{ installService, statusOfService, textOfService, uninstallService }, { config }] = await Promise.all([
        import('./cli/service/service.ts'),
        settings(),
      ])
      const say = (line: string): void => console.log(line)
      const asked = { ...options, config, environment: process.env, folder: process.cwd(), say }
      if (name === 'install') await installService(asked)
      else if (name === 'uninstall') await uninstallService(asked)
      else if (name === 'show') process.stdout.write(textOfService(asked))
      else process.exitCode = await statusOfService(asked)
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

function isTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY
}

/** Whoever can be asked things. */
async function whoIsThere(isAlone = false): Promise<Interviewer> {
  if (isAlone || !isTerminal()) return (await import('./cli/setup/interviewer.ts')).nobody
  return (await import('./cli/setup/terminal.ts')).person
}

async function demo(config: Config): Promise<void> {
  const { runDemo } = await import('./cli/demo/run.ts')
  const script = process.argv[1]
  if (script === undefined) throw new Problem('bug', 'The demo cannot tell how it was started.')
  return runDemo({ config, program: [process.execPath, ...process.execArgv, script], env: process.env })
}
