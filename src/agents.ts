import { join, resolve } from 'node:path'
import { agentBoxes } from './confinement/agent-boxes.ts'
import type { AgentBoxes } from './core/agent-box.ts'
import type { Level } from './core/confinement.ts'
import type { Confinement } from './core/confinement.ts'
import type { Config } from './config/config.ts'
import type { EgressProxy } from './egress/egress.ts'
import { wallOf } from './grounds.ts'
import { environmentFor } from './runtimes/environment.ts'
import type { Runtime } from './core/runtime.ts'
import { runtimes, type RuntimesOptions } from './runtimes/all.ts'
import { defaultLimits } from './runtimes/engine/limits.ts'
import { accountEnvironmentOf, accountSlotsOf, wayOut } from './way-out.ts'

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
    accounts: accountSlotsOf(config),
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

/** The agents of this machine, with what is around them. */
export interface AgentsHere {
  readonly wall: Confinement
  readonly level: Level
  /** Null: nothing is boxed. */
  readonly egress: EgressProxy | null
  readonly boxes: AgentBoxes
  readonly agents: readonly Runtime[]
}

export interface AgentsHereOptions extends Pick<RuntimesOptions, 'clock' | 'ids' | 'log' | 'checkpoint' | 'tools'> {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** See `AppOptions.egressProgram`. */
  readonly egressProgram: string | undefined
}

/** Puts them together; the data folder is there by now. */
export function agentsHere({ config, environment, egressProgram, ...means }: AgentsHereOptions): AgentsHere {
  const { clock, log } = means
  const wall = wallOf({ config, environment, folder: config.dataFolder })
  const level = wall.level()
  if (level.boxed) log.info({}, 'box.on')
  else log.warn({ reason: level.reason }, 'box.off')
  const egress = level.boxed ? wayOut({ config, environment, clock, log, program: egressProgram }) : null
  const boxes = agentBoxes({
    confinement: wall,
    folder: join(config.dataFolder, 'boxes'),
    shared: config.box.paths,
    own: environmentFor(environment),
  })
  const agents = agentsOf({ config, dataDir: config.dataFolder, environment, boxes, egress, ...means })
  return { wall, level, egress, boxes, agents }
}
