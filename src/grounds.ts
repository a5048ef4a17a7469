import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config/config.ts'
import { confinement } from './confinement/confinement.ts'
import { limitsOf } from './confinement/limits.ts'
import type { Checkpoint } from './core/checkpoint.ts'
import type { Confinement } from './core/confinement.ts'
import type { Workspaces } from './core/workspace.ts'
import { programFolder } from './system/program.ts'
import { workspaces } from './workspaces/roots.ts'

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
}: {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly folder: string
}): Confinement {
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
    limits: limitsOf(config.box.limits),
  })
}

/** The folders that sessions work in. */
export function workspacesOf(config: Config, wall: Confinement, checkpoint: Checkpoint = () => {}): Workspaces {
  return workspaces({
    roots: config.projectRoots,
    home: config.home,
    trusted: config.trustedRoots,
    program: programFolder,
    hidden: [realpathSync(config.dataFolder), apartOf(config).settings],
    apart: wall.level().boxed ? boxedApart(config) : [],
    confinement: wall,
    scratch: join(config.dataFolder, 'git'),
    checkpoint,
  })
}
