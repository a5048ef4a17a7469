import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Config } from '../../config/config.ts'
import { messageOf, Problem } from '../../core/failure.ts'
import { findProgram } from '../../system/find-program.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { programFolder } from '../../system/program.ts'
import type { Role } from '../start.ts'
import { runningBot } from '../stop.ts'
import { ownMark, roleOf, type ServiceCommand, type ServiceKind, type ServicePlace } from './kind.ts'
import { launchd } from './launchd.ts'
import { pm2 } from './pm2.ts'
import { systemdSystem, systemdUser } from './systemd.ts'

/** Everything that can keep the bot running. */
export const serviceKinds: readonly ServiceKind[] = [systemdUser, systemdSystem, launchd, pm2]

export interface ServiceOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where `.env` lies. */
  readonly folder: string
  /** As typed; left out: what this machine has. */
  readonly kind?: string | undefined
  readonly name?: string | undefined
  /** As `start` takes it. Left out: what the file says that is there already; `all` otherwise. */
  readonly role?: Role | undefined
  /** Left out: whoever runs this. */
  readonly user?: string | undefined
  readonly say: (line: string) => void
  /** Not a word where there is nothing to do. */
  readonly quiet?: boolean
}

/** Nothing runs, as `systemctl status` says it. */
const notRunning = 3

/** Writes the file, has it read, and starts the bot by it; again, when it is there already. */
export async function installService(options: ServiceOptions): Promise<void> {
  const { config, environment, say } = options
  const { kind, place, role } = wantedOf(options)
  refuseUnready(config, role)
  if (place.script.includes('/_npx/'))
    throw new Problem(
      'refused',
      'npx may take this program away again. Install it first: npm install -g discord-orchestrator',
    )
  if (kind.needsRoot && process.getuid?.() !== 0)
    throw new Problem(
      'refused',
      `Only root may do that. Run this by sudo, with --user ${place.user} for the one it runs as.`,
    )
  if (kind.needsRoot && place.uid === 0)
    throw new Problem('refused', 'Name the user it runs as with --user: agents of root have no box.')
  const file = kind.file(place)
  refuseForeign(file)
  const bot = await runningBot(config.dataFolder)
  if (bot !== null && !existsSync(file))
    throw new Problem(
      'refused',
      `A bot (pid ${bot.pid}) runs already. End it first, its agents work on: discord-orchestrator stop`,
    )
  mkdirSync(dirname(file), { recursive: true })
  mkdirSync(join(place.data, 'logs'), { recursive: true, mode: 0o700 })
  writeAtomically(file, kind.text(place))
  say(`Written: ${file}`)
  await runAll(kind.install(place), environment, say)
  say(`${kind.about}: it runs now, and whenever the machine does. A restart leaves the agents at work.`)
  for (const line of kind.advice(place)) say(line)
}

/** Ends the bot and takes its file away. The agents work on, and everything it keeps stays. */
export async function uninstallService(options: ServiceOptions): Promise<void> {
  const { environment, say } = options
  const { kind, place } = wantedOf(options)
  const file = kind.file(place)
  if (!existsSync(file)) {
    if (options.quiet !== true) say(`There is no ${file}: it is not installed by ${kind.about}.`)
    return
  }
  refuseForeign(file)
  await runAll(kind.uninstall(place), environment, say)
  rmSync(file)
  say(`Gone: ${file}. Agents that were at work go on, until the next start or \`stop --all\`; the data stays.`)
}

/** Says how it is. Gives the exit code: 0 when the bot runs by it, 3 when it does not. */
export async function statusOfService(options: ServiceOptions): Promise<number> {
  const { config, environment, say } = options
  const { kind, place } = wantedOf(options)
  const file = kind.file(place)
  const isThere = existsSync(file)
  if (!isThere) say(`Not installed by ${kind.about} (${file}).`)
  else if (readFileSync(file, 'utf8') === kind.text(place)) say(`Installed by ${kind.about}: ${file}`)
  else say(`Installed by ${kind.about}, but not as it would be now: \`service install\` writes ${file} anew.`)
  if (isThere) {
    const { said } = await run(kind.status(place), environment)
    for (const line of said.split('\n').slice(0, 12)) say(`  ${line}`)
  }
  const bot = await runningBot(config.dataFolder)
  say(bot === null ? `No bot runs on ${config.dataFolder}.` : `A bot runs on ${config.dataFolder} (pid ${bot.pid}).`)
  return isThere && bot !== null ? 0 : notRunning
}

/** The file as it would be written. */
export function textOfService(options: ServiceOptions): string {
  const { kind, place } = wantedOf(options)
  return kind.text(place)
}

/** What keeps it running, and with which role. */
function wantedOf(options: ServiceOptions): { kind: ServiceKind; place: ServicePlace; role: Role } {
  const [kind, bare] = [kindOf(options), placeOf(options)]
  const file = kind.file(bare)
  // After an upgrade a worker stays one.
  const role = options.role ?? (existsSync(file) ? roleOf(readFileSync(file, 'utf8')) : 'all')
  return { kind, role, place: role === 'all' ? bare : { ...bare, command: ['start', '--role', role] } }
}

/** Without these it could only end at once, again and again. */
function refuseUnready({ discordToken, databaseUrl, workerId }: Config, role: Role): void {
  const needs = { DISCORD_BOT_TOKEN: discordToken, OMC_DATABASE_URL: databaseUrl, OMC_WORKER_ID: workerId }
  const wanted: Readonly<Record<Role, readonly (keyof typeof needs)[]>> = {
    all: ['DISCORD_BOT_TOKEN'],
    control: ['DISCORD_BOT_TOKEN', 'OMC_DATABASE_URL'],
    worker: ['OMC_DATABASE_URL', 'OMC_WORKER_ID'],
  }
  const missing = wanted[role].filter((name) => needs[name] === null)
  if (missing.length === 0) return
  const mend = missing.includes('DISCORD_BOT_TOKEN') ? 'Run `setup` first.' : 'docs/MANY-MACHINES.md says what it is.'
  throw new Problem('refused', `There is no ${missing.join(' and no ')} in .env yet. ${mend}`)
}

function kindOf({ kind, environment }: ServiceOptions): ServiceKind {
  const known = serviceKinds.map(({ name, about }) => `${name} (${about})`).join(', ')
  if (kind !== undefined) {
    const named = serviceKinds.find(({ name }) => name === kind)
    if (named !== undefined) return named
    throw new Problem('refused', `--kind ${kind}: there are ${known}.`)
  }
  if (process.platform === 'darwin') return launchd
  const runtime = environment['XDG_RUNTIME_DIR']
  if (runtime !== undefined && existsSync(join(runtime, 'systemd'))) return systemdUser
  if (findProgram('pm2', null, environment['PATH'] ?? '') !== null) return pm2
  if (process.getuid?.() === 0 && existsSync('/run/systemd/system')) return systemdSystem
  throw new Problem(
    'refused',
    `Nothing was found that keeps a program running for you. Say with --kind what does: ${known}.`,
  )
}

function placeOf({ config, environment, folder, name = 'discord-orchestrator', user }: ServiceOptions): ServicePlace {
  if (!/^[a-z0-9][\w.-]{0,60}$/i.test(name))
    throw new Problem('refused', `--name ${name}: letters, digits, dots and dashes, please.`)
  const path = environment['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
  const own = join(programFolder, 'node_modules', 'node', 'bin', 'node')
  const who = userNamed(user ?? environment['SUDO_USER'])
  const box = findProgram('bwrap', null, path)
  const place = {
    name,
    node: existsSync(own) ? own : process.execPath,
    script: join(programFolder, 'bin', 'discord-orchestrator.js'),
    folder,
    data: config.dataFolder,
    command: ['start'],
    path,
    ...who,
    setuidBox: box !== null && (statSync(box).mode & 0o4000) !== 0,
  }
  const odd = Object.values(place).find((each) => typeof each === 'string' && /[\n\r\0]/.test(each))
  if (odd === undefined) return place
  throw new Problem('refused', `A service cannot be told of a path with a line break in it: ${JSON.stringify(odd)}.`)
}

function userNamed(name: string | undefined): Pick<ServicePlace, 'user' | 'uid' | 'home'> {
  const me = userInfo()
  if (name === undefined || name === me.username) return { user: me.username, uid: me.uid, home: me.homedir }
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`))
  const [, , uid, , , home = '/'] = line?.split(':') ?? []
  if (uid === undefined) throw new Problem('refused', `There is no user ${name} on this machine.`)
  return { user: name, uid: Number(uid), home }
}

function refuseForeign(file: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8').includes(ownMark)) return
  throw new Problem('refused', `${file} is there and is not ours. Move it away first, or give this one another --name.`)
}

async function runAll(
  commands: readonly ServiceCommand[],
  environment: ServiceOptions['environment'],
  say: ServiceOptions['say'],
): Promise<void> {
  for (const command of commands) {
    const { ok, said } = await run(command, environment)
    const line = command.words.join(' ')
    if (ok || command.mayFail === true) {
      say(`  ${ok ? '✓' : '·'} ${line}`)
      continue
    }
    throw new Problem('wire', `\`${line}\` failed: ${said || 'it said nothing'}. Then run this again.`)
  }
}

async function run(
  { words }: ServiceCommand,
  environment: ServiceOptions['environment'],
): Promise<{ readonly ok: boolean; readonly said: string }> {
  const [program, ...args] = words
  try {
    const { stdout } = await promisify(execFile)(program, args, { env: { ...environment }, timeout: 90_000 })
    return { ok: true, said: stdout.trim() }
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string }
    return { ok: false, said: `${stdout}${stderr}`.trim() || messageOf(error) }
  }
}
