import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { agentsHere, type AgentsHere } from './agents.ts'
import type { App, AppOptions } from './app.ts'
import { Problem } from './core/failure.ts'
import type { WorkerHealth } from './core/health.ts'
import type { WorkerId } from './core/ids.ts'
import type { MachineReport } from './core/machine.ts'
import { LateMeter } from './core/meter.ts'
import { usualTimings } from './core/timings.ts'
import { createMachine, type MachineEngine } from './engine/machine.ts'
import { RemoteBot } from './engine/remote-bot.ts'
import { workspacesOf } from './grounds.ts'
import { Opened } from './opened.ts'
import { openStore } from './stores/open.ts'
import { background } from './system/background.ts'
import { CpuShare, freeBytes, hostClock, uuids } from './system/host.ts'
import { MachineKey } from './system/machine-key.ts'
import { version } from './system/program.ts'
import { accountSlotsOf, loginDaemon } from './way-out.ts'
import { startWeb } from './web/health.ts'
import type { Metrics } from './web/metrics.ts'
import { skillsIn } from './workspaces/skills.ts'

/**
 * A machine on which agents work, and nothing else: Discord and people are the bot's (`start --role worker`). It reaches the
 * bot through the database alone.
 */
export function createMachineApp(options: AppOptions): App {
  const { config, log, environment, checkpoint = () => {}, timings = usualTimings, clock = hostClock } = options
  const open = new Opened()
  const cpu = open.add(new CpuShare(clock))
  const letGo = new AbortController()
  const { signal } = letGo
  const logins = loginDaemon({ config, environment, clock, log, everyMs: timings.loginEveryMs })
  let here: AgentsHere | null = null
  let engine: MachineEngine | null = null
  let bot: RemoteBot | null = null
  let healthPort: number | null = null
  const meter = new LateMeter()
  let stopping: Promise<void> | null = null

  function assembled(): AgentsHere {
    const tools = (): ReturnType<RemoteBot['offers']> => bot?.offers() ?? []
    const means = { clock, ids: uuids(clock), log, checkpoint, tools }
    return (here ??= agentsHere({ config, environment, egressProgram: options.egressProgram, ...means }))
  }

  async function start(): Promise<void> {
    const { dataFolder: folder, databaseUrl: url, prices, reserve, workerId } = config
    if (url === null || workerId === null) throw new Problem('refused', missing(url === null, workerId === null))
    const id = workerId as WorkerId
    const report = (): MachineReport => ({
      host: hostname(),
      version,
      runtimes: assembled().agents.flatMap((each) => (each.isInstalled() ? [each.name] : [])),
      accounts: accountSlotsOf(config),
      capacity: config.caps.active,
      boxed: assembled().level.boxed,
      key: MachineKey.in(folder).text,
    })
    const as = { id, report }
    const store = open.add(await openStore({ folder, url, prices, reserve, timings, clock, log, meter, as }))
    store.deposed.addEventListener('abort', () => options.deposed?.())
    const { agents, wall, boxes, egress } = assembled()
    bot = new RemoteBot({ errands: store.errands, clock, log, signal }, join(folder, 'tools.json'))
    engine = createMachine({
      ...store,
      id,
      key: MachineKey.in(folder),
      bot,
      letGo,
      signal,
      attachments: bot.attachments(store.attachments),
      runtimes: agents,
      workspaces: workspacesOf(config, wall, checkpoint),
      skills: skillsIn({ operator: join(dirname(folder), 'skills'), roots: config.projectRoots }),
      egress,
      boxes,
      logins,
      clock,
      log,
      checkpoint,
      timings,
      vitals: {
        version,
        schema: store.schemaVersion,
        box: assembled().level,
        rssBytes: () => process.memoryUsage.rss(),
        cpuShare: () => cpu.now(),
        freeBytes: () => freeBytes(folder),
      },
    })
    const machine = engine
    if (config.healthPort !== null) {
      const health = (): Promise<WorkerHealth> => machine.health()
      const metrics = countedBy(machine, id)
      background(metrics, log, 'metrics')
      const web = open.add(await startWeb({ port: config.healthPort, health, metrics: () => metrics, log }))
      healthPort = web.port
    }
    const sessions = (await store.vault.liveSessions()).filter(({ worker }) => worker === id)
    const live = new Set(sessions.map((session) => session.id))
    await egress?.start(live)
    await boxes.keepOnly(live).catch((error: unknown) => log.warn({ error }, 'boxes.left'))
    logins.start()
    await machine.start()
    log.info({ machine: id, sessions: live.size, key: MachineKey.in(folder).text }, 'machine.started')
  }

  async function countedBy(counted: MachineEngine, worker: WorkerId): Promise<Pick<Metrics, 'contentType' | 'text'>> {
    const { createWorkerMetrics } = await import('./web/worker-metrics.ts')
    const made = createWorkerMetrics(worker, () => counted.health())
    meter.to = made.meter
    return made
  }

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    logins.close()
    await engine?.stop(agents)
    letGo.abort()
    await here?.egress?.stop(agents)
    await open.close()
  }

  return {
    start,
    stop: (agents) => (stopping ??= stop(agents)),
    get healthPort() {
      return healthPort
    },
  }
}

function missing(url: boolean, id: boolean): string {
  const names = [...(url ? ['OMC_DATABASE_URL'] : []), ...(id ? ['OMC_WORKER_ID'] : [])]
  return (
    `A worker needs ${names.join(' and ')}: it works with the bot through a PostgreSQL database, under a name of its own. ` +
    'docs/MANY-MACHINES.md says how to set it up.'
  )
}
