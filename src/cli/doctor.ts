import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { agentsOf, binariesOf } from '../agents.ts'
import { boxFindings } from '../confinement/finding.ts'
import type { Config } from '../config/config.ts'
import { scrubber } from '../config/log.ts'
import { messageOf, Problem } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'
import type { WorkerId } from '../core/ids.ts'
import { askDiscord } from '../discord/ask-discord.ts'
import { checkAccountLogins } from '../runtimes/account-logins.ts'
import { checkAgents } from '../runtimes/usable.ts'
import { checkDatabase } from '../stores/check.ts'
import { freeBytes, hostClock, uuids } from '../system/host.ts'
import { MachineKey } from '../system/machine-key.ts'
import { version } from '../system/program.ts'
import { loginsOf } from '../way-out.ts'
import { checkRoots } from '../workspaces/check.ts'
import { wallOf } from '../grounds.ts'
import { mustBeCorrected } from './exit.ts'
import type { Role } from './start.ts'
import { runningBot } from './stop.ts'

export interface DoctorOptions {
  /** Reads the configuration; throws a `refused` problem when it is wrong. */
  readonly configure: () => Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** As `start` takes it. Left out: `worker` where there is a name for one and no token, `all` otherwise. */
  readonly role?: Role | undefined
  /** One JSON document instead of lines. */
  readonly json: boolean
  readonly say: (line: string) => void
}

/** Below this, something will soon not fit. */
const leastFreeBytes = 100 * 1024 * 1024

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Has every part look at itself without starting the bot, and says what was found and what mends it. Gives the exit
 * code: 0 when nothing is wrong, 78 when a person must correct something. Changes nothing.
 */
export async function doctor({ configure, environment, role, json, say }: DoctorOptions): Promise<number> {
  const { findings, secrets } = await lookAtAll(configure, environment, role)
  const clean = scrubber(secrets)
  const isWrong = findings.some(({ level }) => level === 'error')
  if (json) say(clean(JSON.stringify({ ok: !isWrong, version, findings }, null, 2)))
  else for (const finding of findings) say(clean(lineOf(finding)))
  if (!json) say(summary(findings))
  return isWrong ? mustBeCorrected : 0
}

const signs = { ok: '✓', warning: '⚠', error: '✗' } as const

/** A finding as the terminal shows it. */
export function lineOf({ level, text, mend }: Finding): string {
  return mend === null ? `${signs[level]} ${text}` : `${signs[level]} ${text}\n    → ${mend}`
}

function summary(findings: readonly Finding[]): string {
  const wrong = findings.filter(({ level }) => level === 'error').length
  const odd = findings.filter(({ level }) => level === 'warning').length
  if (wrong > 0) return `\n${wrong} to be mended${odd > 0 ? `, ${odd} to know` : ''}.`
  return odd > 0 ? `\nIt can run; ${odd} to know.` : '\nAll is well.'
}

async function lookAtAll(
  configure: () => Config,
  environment: DoctorOptions['environment'],
  asked: Role | undefined,
): Promise<{ readonly findings: readonly Finding[]; readonly secrets: readonly string[] }> {
  const node = fine('node', `Node ${process.versions.node}`)
  let config: Config
  try {
    config = configure()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { findings: [node, { id: 'config', level: 'error', text: error.message, mend: null }], secrets: [] }
  }
  const role = asked ?? (config.discordToken === null && config.workerId !== null ? 'worker' : 'all')
  const parts = await Promise.all([
    dataFindings(config),
    databaseFindings(config, role),
    ...(role === 'worker' ? [] : [discordFindings(config)]),
    ...(role === 'control'
      ? []
      : [checkRoots(config.projectRoots, environment['PATH'] ?? ''), agentFindings(config, environment)]),
  ])
  // Who may use the bot is asked on its own machine.
  const notices = config.notices.filter(({ id }) => role !== 'worker' || id !== 'config.owner')
  return { findings: [node, ...notices, ...parts.flat()], secrets: config.secrets }
}

async function dataFindings({ dataFolder, healthPort }: Config): Promise<readonly Finding[]> {
  const id = 'data'
  try {
    const bot = await runningBot(dataFolder)
    if (bot !== null) return [fine(id, `A bot runs on ${dataFolder} (pid ${bot.pid}).`), await diskFinding(dataFolder)]
    const there = await nearestFolder(dataFolder)
    await access(there, constants.W_OK | constants.X_OK)
    return [
      fine(id, `The bot keeps its things in ${dataFolder}.`),
      await diskFinding(there),
      await portFinding(healthPort),
    ]
  } catch (error) {
    const text = `The data folder ${dataFolder} cannot be used: ${messageOf(error)}.`
    return [{ id, level: 'error', text, mend: 'Give it to the user the bot runs as, or set OMC_DATA_DIR.' }]
  }
}

async function databaseFindings(
  { databaseUrl, dataFolder, workerId }: Config,
  role: Role,
): Promise<readonly Finding[]> {
  if (databaseUrl === null) {
    if (role === 'all') return checkDatabase(dataFolder)
    const mend = 'docs/MANY-MACHINES.md says how to set it up.'
    return [{ id: 'database', level: 'error', text: `--role ${role} needs OMC_DATABASE_URL.`, mend }]
  }
  const [{ lookAtPostgres }, { lookAtMachine }] = await Promise.all([
    import('../stores/postgres/look.ts'),
    import('../stores/postgres/machine.ts'),
  ])
  const server = await lookAtPostgres(databaseUrl, () => hostClock.now(), role === 'worker' ? null : dataFolder)
  if (role !== 'worker' || server.level === 'error') return [server]
  if (workerId === null)
    return [
      server,
      { id: 'machine', level: 'error', text: 'OMC_WORKER_ID is not set.', mend: 'Give this machine a name.' },
    ]
  return [
    server,
    await lookAtMachine(databaseUrl, {
      id: workerId as WorkerId,
      folder: dataFolder,
      now: () => hostClock.now(),
    }),
    keyFinding(workerId, dataFolder),
  ]
}

/** By which the operator lets a machine use what people have linked. */
function keyFinding(id: string, folder: string): Finding {
  try {
    const key = MachineKey.lookIn(folder)?.text ?? '<the key, which its first start makes>'
    const text = `With OMC_IDENTITY_WORKERS=${id}:${key} in the bot's .env, agents here commit and push as whoever asks.`
    return fine('machine.key', text)
  } catch (error) {
    return { id: 'machine.key', level: 'error', text: messageOf(error), mend: null }
  }
}

/** The folder itself, or the first above it that is there. */
async function nearestFolder(folder: string): Promise<string> {
  try {
    if ((await stat(folder)).isDirectory()) return folder
    throw new Problem('refused', `${folder} is no folder`)
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (!isMissing || dirname(folder) === folder) throw error
    return nearestFolder(dirname(folder))
  }
}

async function diskFinding(folder: string): Promise<Finding> {
  const free = await freeBytes(folder)
  if (free === null || free >= leastFreeBytes) return fine('disk', 'There is room on the disk.')
  const text = `Only ${Math.floor(free / 1024 / 1024)} MB are free where the data lies.`
  return { id: 'disk', level: 'error', text, mend: 'Free some space.' }
}

async function portFinding(port: number | null): Promise<Finding> {
  const id = 'health-port'
  if (port === null || port === 0) return fine(id, `No fixed port for /healthz.`)
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return fine(id, `/healthz will be on 127.0.0.1:${port}.`)
  } catch (error) {
    const text = `The health page cannot listen on 127.0.0.1:${port}: ${messageOf(error)}.`
    return { id, level: 'error', text, mend: 'Choose another port with OMC_HEALTHZ_PORT, or "off".' }
  } finally {
    server.close()
  }
}

async function discordFindings(config: Config): Promise<readonly Finding[]> {
  const token = config.discordToken
  if (token === null) {
    const text = config.demoDoubt ?? 'DISCORD_BOT_TOKEN is not set, so only the demo can run.'
    const mend = config.demoDoubt === null ? 'README.md, "Run it on your Discord server", says how to get one.' : null
    return [{ id: 'discord.token', level: 'error', text, mend }]
  }
  const { owners, approvals, discordApi: api, discordGuild: guild } = config
  return askDiscord(
    { token, api, guild, clock: hostClock, log: silent },
    { owners, auditChannel: approvals.auditChannel, alertsChannel: approvals.alertsChannel },
  )
}

/** The agents are put together as for the bot, but for a folder of their own: nothing of the bot's is touched. */
export async function agentFindings(
  config: Config,
  environment: DoctorOptions['environment'],
): Promise<readonly Finding[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'doctor-'))
  try {
    const ids = uuids(hostClock)
    const means = { clock: hostClock, ids, log: silent, checkpoint: () => {}, boxes: null, egress: null }
    const agents = agentsOf({ config, environment, dataDir, tools: () => [], ...means })
    const own = await checkAgents(agents, binariesOf(config), false)
    return [...boxOf(config, environment, dataDir), ...own, ...checkAccountLogins(loginsOf(config, environment))]
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

function boxOf(config: Config, environment: DoctorOptions['environment'], folder: string): readonly Finding[] {
  try {
    const { home, box } = config
    return boxFindings(wallOf({ config, environment, folder }).level(), { home, shared: box.paths })
  } catch (error) {
    // The operator wants it or nothing, and it cannot be had.
    return [{ id: 'box', level: 'error', text: messageOf(error), mend: null }]
  }
}
