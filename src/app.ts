import { dirname, join } from 'node:path'
import { agentsHere, binariesOf } from './agents.ts'
import { boxFindings } from './confinement/finding.ts'
import type { AgentBoxes } from './core/agent-box.ts'
import type { Checkpoint } from './core/checkpoint.ts'
import type { Clock } from './core/clock.ts'
import type { PersonId, PlaceId } from './core/ids.ts'
import type { Health } from './core/health.ts'
import type { Log } from './core/log.ts'
import { LateMeter } from './core/meter.ts'
import { usualTimings, type Timings } from './core/timings.ts'
import type { Config } from './config/config.ts'
import { createDiscord } from './discord/discord.ts'
import type { EgressProxy } from './egress/egress.ts'
import type { NamedCheck } from './core/finding.ts'
import { createEngine, type Engine } from './engine/engine.ts'
import { premisesOf } from './engine/premises.ts'
import { features } from './features/all.ts'
import { secretScan } from './core/secret-scan.ts'
import { CpuShare, freeBytes, hostClock, uuids } from './system/host.ts'
import { catalogue } from './locales/catalogue.ts'
import { createOutbox } from './messages/outbox.ts'
import { workspacesOf } from './grounds.ts'
import { Opened } from './opened.ts'
import type { Runtime } from './core/runtime.ts'
import { checkAccountLogins } from './runtimes/account-logins.ts'
import { checkAgents } from './runtimes/usable.ts'
import { secretsIn } from './runtimes/login-secrets.ts'
import { databaseWatch } from './stores/database-watch.ts'
import { openStore, type Store } from './stores/open.ts'
import { background } from './system/background.ts'
import { version } from './system/program.ts'
import { takeAwayOld } from './take-away-old.ts'
import { accountSlotsOf, loginDaemon, loginsOf } from './way-out.ts'
import type { Metrics } from './web/metrics.ts'
import { startWeb } from './web/health.ts'
import { notePort, pageLinks } from './web/page/links.ts'
import type { OperatorPage, PageOptions } from './web/page/page.ts'
import { checkRoots } from './workspaces/check.ts'
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
  /** The machine's when left out. */
  readonly clock?: Clock
  /** `usualTimings` when left out. */
  readonly timings?: Timings
  /** `control`: all agents work on other machines. Left out: `all`, they work here as well. */
  readonly role?: 'all' | 'control'
  /** Another bot has taken over: whoever runs this one ends it at once. */
  readonly deposed?: () => void
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

/** What must never be shown, as it is at this moment: the bot's own, and what people have linked. */
function secretsOf(config: Config, { vault }: Store, clock: Clock): () => readonly string[] {
  const own = secretsIn(config.loginFiles, config.secrets, clock)
  let parts: readonly (readonly string[])[] = []
  let all: readonly string[] = []
  return () => {
    const now = [own(), vault.identities.secrets()]
    if (now.some((part, nth) => part !== parts[nth])) all = now.flat()
    parts = now
    return all
  }
}

/** The composition root: the one place that knows every part. Opens in order, closes in reverse. */
export function createApp(options: AppOptions): App {
  const { config, log, environment, checkpoint = () => {}, timings = usualTimings, practice = false } = options
  const { role = 'all', clock = hostClock } = options
  const ids = uuids(clock)
  const open = new Opened()
  const cpu = open.add(new CpuShare(clock))
  let engine: Engine | null = null
  let egress: EgressProxy | null = null
  let boxes: AgentBoxes | null = null
  const logins = loginDaemon({ config, environment, clock, log, everyMs: timings.loginEveryMs })
  let healthPort: number | null = null
  let pageOptions: PageOptions | null = null
  const meter = new LateMeter()
  let stopping: Promise<void> | null = null

  async function start(): Promise<void> {
    const { dataFolder: folder, databaseUrl: url, prices, shares, reserve } = config
    const rules = { prices, shares, reserve, agentsHere: role === 'all' }
    const store = open.add(await openStore({ folder, url, ...rules, timings, clock, log, meter }))
    store.deposed.addEventListener('abort', () => options.deposed?.())
    engine = assemble(store)
    engine.dial()
    const metrics = countedBy(engine)
    background(metrics, log, 'metrics')
    // Agents that an earlier life left need it at once.
    const live = new Set((await store.vault.liveSessions()).map(({ id }) => id))
    await egress?.start(live)
    await boxes?.keepOnly(live).catch((error: unknown) => log.warn({ error }, 'boxes.left'))
    if (role === 'all') logins.start()
    if (config.healthPort !== null) {
      const health = (): Promise<Health> => engineOf().health()
      const page = pageOptions === null ? null : latePage(pageOptions)
      if (page !== null) open.add(page)
      const { healthPort: port } = config
      const web = open.add(await startWeb({ port, health, metrics: () => metrics, page: page?.listener, log }))
      healthPort = web.port
      notePort(config.dataFolder, web.port)
    }
    await engine.start()
    open.add(takeAwayOld({ store, engine, keep: config.keep, clock, log, timings }))
  }

  /** Loaded beside the start: nobody waits for it. */
  async function countedBy(counted: Engine): Promise<Metrics> {
    const { createMetrics } = await import('./web/metrics.ts')
    const made = createMetrics({ health: () => counted.health() })
    counted.hear((entry) => made.take(entry))
    meter.to = made.meter
    return made
  }

  /** Loaded when somebody first looks at it: most bots are never looked at, and all of them start. */
  function latePage(made: PageOptions) {
    let page: Promise<OperatorPage> | null = null
    const load = async (): Promise<OperatorPage> => (await import('./web/page/page.ts')).operatorPage(made)
    return {
      listener: async () => (await (page ??= load())).listener,
      close: () =>
        page?.then(
          (loaded) => loaded[Symbol.dispose](),
          () => {},
        ),
    }
  }

  function assemble(store: Store): Engine {
    const here = agentsHere({
      config,
      environment,
      egressProgram: options.egressProgram,
      tools: () => engineOf().features.tools,
      clock,
      ids,
      log,
      checkpoint,
    })
    const { wall, level, agents } = here
    const hasAgents = role === 'all'
    const out = here.egress
    egress = hasAgents ? out : null
    boxes = hasAgents ? here.boxes : null
    const scan = secretScan(secretsOf(config, store, clock))
    const words = catalogue(config.home, (action, locale) => engineOf().features.deed(action, locale))
    return createEngine({
      ...store,
      ...premisesOf({
        runtimes: agents,
        workspaces: workspacesOf(config, wall, checkpoint),
        // Beside the data folder, not in it: agents may not read what lies there.
        skills: skillsIn({ operator: join(dirname(config.dataFolder), 'skills'), roots: config.projectRoots }),
        egress,
        boxes: here.boxes,
        errands: store.errands,
        vault: store.vault,
        log,
      }),
      agentsHere: hasAgents,
      runtimes: agents,
      features(given) {
        const page = pageLinks(config.dataFolder, () => healthPort, clock)
        const doors = {
          ...given,
          accounts: accountSlotsOf(config),
          home: config.home,
          prices: config.prices,
          scan,
          page,
        }
        pageOptions = { ...doors, catalogue: words, timings, dataFolder: config.dataFolder }
        return features(doors)
      },
      chat: (desk, all) =>
        createDiscord({
          token: config.discordToken ?? '',
          api: config.discordApi,
          scan,
          meter,
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
      logins,
      catalogue: words,
      owners: config.owners,
      channelOwnerOnly: config.channel.ownerOnly,
      channel: config.channel,
      caps: config.caps,
      approvals: config.approvals,
      alertsChannel: config.approvals.alertsChannel as PlaceId | null,
      letterRules: config.letterRules,
      lendsTo: config.identityWorkers,
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
        slots: accountSlotsOf(config),
        tokenStatus: () => logins.status(),
        rssBytes: () => process.memoryUsage.rss(),
        cpuShare: () => cpu.now(),
        freeBytes: () => freeBytes(config.dataFolder),
      },
      checks: [
        { name: 'config', atOnce: true, check: async () => config.notices },
        { name: 'roots', atOnce: true, check: () => checkRoots(config.projectRoots, environment['PATH'] ?? '') },
        {
          name: 'box',
          atOnce: true,
          check: async () => boxFindings(level, { home: config.home, shared: config.box.paths }),
        },
        // PostgreSQL looks after itself.
        ...(config.databaseUrl === null
          ? [open.add(databaseWatch({ folder: config.dataFolder, clock, timings }))]
          : []),
        ...(out === null || !hasAgents ? [] : [{ name: 'egress', check: () => out.check() }]),
        ...(hasAgents ? agentChecks(agents) : []),
      ],
    })
  }

  function agentChecks(agents: readonly Runtime[]): readonly NamedCheck[] {
    return [
      { name: 'logins', check: () => logins.check(), listen: (changed) => logins.listen(changed) },
      { name: 'accounts', check: async () => checkAccountLogins(loginsOf(config, environment)) },
      { name: 'agents', check: () => checkAgents(agents, binariesOf(config), practice) },
    ]
  }

  function engineOf(): Engine {
    if (engine === null) throw new Error('asked before the start')
    return engine
  }

  async function stop(agents: 'leave' | 'end'): Promise<void> {
    logins.close()
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
