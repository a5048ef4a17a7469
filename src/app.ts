import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { agentBoxes } from './confinement/agent-boxes.ts'
import { confinement } from './confinement/confinement.ts'
import { boxFinding } from './confinement/finding.ts'
import type { AgentBoxes } from './core/agent-box.ts'
import type { Checkpoint } from './core/checkpoint.ts'
import type { Confinement } from './core/confinement.ts'
import type { PersonId, PlaceId } from './core/ids.ts'
import type { Log } from './core/log.ts'
import { usualTimings, type Timings } from './core/timings.ts'
import type { Config } from './config/load.ts'
import { createDiscord } from './discord/discord.ts'
import type { EgressProxy } from './egress/egress.ts'
import { createEngine, type Engine } from './engine/engine.ts'
import { features } from './features/all.ts'
import { secretScan } from './core/secret-scan.ts'
import { freeBytes, hostClock, uuids } from './system/host.ts'
import { catalogue } from './locales/catalogue.ts'
import { createOutbox } from './messages/outbox.ts'
import { Opened } from './opened.ts'
import { environmentFor } from './runtimes/environment.ts'
import type { Runtime } from './core/runtime.ts'
import { runtimes, type RuntimesOptions } from './runtimes/all.ts'
import { defaultLimits } from './runtimes/engine/limits.ts'
import { checkAgents } from './runtimes/usable.ts'
import { secretsIn } from './runtimes/login-secrets.ts'
import { openStore, type Store } from './stores/open.ts'
import { programFolder, version } from './version.ts'
import { accountEnvironmentOf, wayOut } from './way-out.ts'
import { startWeb } from './web/health.ts'
import { checkRoots } from './workspaces/check.ts'
import { workspaces } from './workspaces/roots.ts'
import { skillsIn } from './workspaces/skills.ts'

export interface AppOptions {
  readonly config: Config
  readonly log: Log
  /** The bot's own environment: where programs are found, and what agents may see of it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Tests die here; the product passes nothing. */
  readonly checkpoint?: Checkpoint
  /** The program of the process outside the boxes; tests have one that takes loopback for the world. */
  readonly egressProgram?: string | undefined
  /** `usualTimings` when left out. */
  readonly timings?: Timings
  /** It is only tried out, with the pretend agent: that no real one can work is fine. */
  readonly practice?: boolean
}

/** The running bot. */
export interface App {
  /** Takes up what an earlier life left, then connects. Rejects with a Problem that says what to do; then call `stop`. */
  start(): Promise<void>
  /** Lets go in order. Idempotent, also when `start` failed half-way. */
  stop(agents: 'leave' | 'end'): Promise<void>
  /** Where /healthz listens; null before the start, and when it is switched off. */
  readonly healthPort: number | null
}

/** What the agents need of whoever puts them together. */
export interface AgentsOptions extends Pick<
  RuntimesOptions,
  'clock' | 'ids' | 'log' | 'checkpoint' | 'environment' | 'boxes' | 'egress' | 'tools'
> {
  readonly config: Config
  /** Where their spools lie. */
  readonly dataDir: string
}

/** The agents as they are configured. */
export function agentsOf({ config, ...means }: AgentsOptions): readonly Runtime[] {
  const level = means.boxes?.level() ?? { boxed: true }
  return runtimes({
    ...means,
    ownersOnly: config.box.wanted === 'required' && !level.boxed ? level.reason : null,
    accountEnvironment: accountEnvironmentOf(config),
    binaries: binariesOf(config),
    denied: [config.dataFolder, resolve('.env')],
    open: [...config.projectRoots, ...['attachments', 'worktrees'].map((name) => join(config.dataFolder, name))],
    limits: { ...defaultLimits, idleMs: config.idleCliMs, turnMs: config.maxTurnMs, maxProcesses: config.caps.active },
  })
}

/** The programs that the operator named, by agent. */
export function binariesOf(config: Config): Readonly<Record<string, string | null>> {
  return { claude: config.claudeBinary, codex: config.codexBinary }
}

/** What is nobody's to see but the operator's. Real paths. */
function apartOf(config: Config): { readonly settings: string; readonly home: string | null } {
  return {
    settings: join(realpathSync('.'), '.env'),
    home: existsSync(config.home) ? realpathSync(config.home) : null,
  }
}

/** The same, with the bot's data. */
function boxedApart(config: Config): readonly string[] {
  const { settings, home } = apartOf(config)
  return [realpathSync(config.dataFolder), settings, ...(home === null ? [] : [home])]
}

/** The wall around agents. What is asked for is tried out once; `folder`, where it keeps what it needs, is there by now. */
export function wallOf({
  config,
  environment,
  folder,
}: Pick<AppOptions, 'config' | 'environment'> & { readonly folder: string }): Confinement {
  const data = realpathSync(folder)
  const { settings, home } = apartOf(config)
  return confinement({
    wanted: config.box.wanted,
    path: environment['PATH'] ?? '',
    platform: process.platform,
    uid: process.getuid?.(),
    folder: join(data, 'box'),
    offLimits: {
      program: realpathSync(programFolder),
      data,
      settings,
      home,
    },
  })
}

/** The composition root: the one place that knows every part. Opens in order, closes in reverse. */
export function createApp(options: AppOptions): App {
  const { config, log, environment, checkpoint = () => {}, timings = usualTimings, practice = false } = options
  const clock = hostClock
  const ids = uuids(clock)
  const open = new Opened()
  let engine: Engine | null = null
  let egress: EgressProxy | null = null
  let boxes: AgentBoxes | null = null
  let healthPort: number | null = null
  let stopping: Promise<void> | null = null

  async function start(): Promise<void> {
    const store = open.add(await openStore({ folder: config.dataFolder, clock, log }))
    engine = assemble(store)
    // Agents that an earlier life left need it at once.
    const live = new Set((await store.vault.liveSessions()).map(({ id }) => id))
    await egress?.start(live)
    await boxes?.keepOnly(live)
    if (config.healthPort !== null) {
      const web = open.add(await startWeb({ port: config.healthPort, health: () => engineOf().health(), log }))
      healthPort = web.port
    }
    await engine.start()
  }

  function assemble(store: Store): Engine {
    const wall = wallOf({ config, environment, folder: config.dataFolder })
    const level = wall.level()
    if (level.boxed) log.info({}, 'box.on')
    else log.warn({ reason: level.reason }, 'box.off')
    const out = level.boxed ? wayOut({ config, environment, clock, log, program: options.egressProgram }) : null
    egress = out
    boxes = agentBoxes({
      confinement: wall,
      folder: join(config.dataFolder, 'boxes'),
      shared: config.box.paths,
      own: environmentFor(environment),
    })
    const agents = agentsOf({
      config,
      dataDir: config.dataFolder,
      environment,
      boxes,
      egress,
      tools: () => engineOf().features.tools,
      clock,
      ids,
      log,
      checkpoint,
    })
    const binaries = binariesOf(config)
    const words = catalogue(config.home, (action, locale) => engineOf().features.deed(action, locale))
    return createEngine({
      ...store,
      runtimes: agents,
      workspaces: workspaces({
        roots: config.projectRoots,
        home: config.home,
        trusted: config.trustedRoots,
        program: programFolder,
        apart: level.boxed ? boxedApart(config) : [],
        confinement: wall,
        scratch: join(config.dataFolder, 'git'),
        checkpoint,
      }),
      // Beside the data folder, not in it: agents may not read what lies there.
      skills: skillsIn({ operator: join(dirname(config.dataFolder), 'skills'), roots: config.projectRoots }),
      features: (doors) => features({ ...doors, home: config.home, prices: config.prices }),
      chat: (desk, all) =>
        createDiscord({
          token: config.discordToken ?? '',
          api: config.discordApi,
          scan: secretScan(secretsIn(config.loginFiles, config.secrets, clock)),
          guild: config.discordGuild,
          features: all,
          desk: () => desk,
          catalogue: words,
          clock,
          log,
          timings,
        }),
      outbox: (needs) =>
        createOutbox(
          {
            ...store,
            catalogue: words,
            owner: config.owners.user as PersonId | null,
            auditChannel: config.approvals.auditChannel as PlaceId | null,
            locale: 'en',
            clock,
            log,
            checkpoint,
            timings,
          },
          needs,
        ),
      egress,
      boxes,
      catalogue: words,
      owners: config.owners,
      channelOwnerOnly: config.channel.ownerOnly,
      channel: config.channel,
      caps: config.caps,
      approvals: config.approvals,
      letterRules: config.letterRules,
      queueStaleMs: config.queueStaleMs,
      clock,
      ids,
      log,
      checkpoint,
      locale: 'en',
      timings,
      vitals: {
        version,
        schema: store.schemaVersion,
        restartCount: store.starts - 1,
        box: wall.level(),
        rssBytes: () => process.memoryUsage.rss(),
        freeBytes: () => freeBytes(config.dataFolder),
      },
      checks: [
        { name: 'config', atOnce: true, check: async () => config.notices },
        { name: 'roots', atOnce: true, check: () => checkRoots(config.projectRoots, environment['PATH'] ?? '') },
        { name: 'box', atOnce: true, check: async () => [boxFinding(level)] },
        ...(out === null ? [] : [{ name: 'egress', check: () => out.check() }]),
        { name: 'agents', check: () => checkAgents(agents, binaries, practice) },
      ],
    })
  }

  function engineOf(): Engine {
    if (engine === null) throw new Error('asked before the start')
    return engine
  }

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    await engine?.stop(agents)
    await egress?.stop(agents)
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
