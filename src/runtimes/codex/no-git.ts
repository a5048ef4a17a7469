import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../../core/command-line.ts'

/**
 * The environment of a server that is not boxed: it finds no git. Its own git runs as the bot's user, and so would what a
 * repository's configuration names (observed with 0.169.0: filters, when a turn has changed a file). What its tools run
 * has the real PATH (`shell_environment_policy`). `folder`: where no tool can write.
 */
export function withoutGit(env: Environment, folder: string): Environment {
  const none = join(folder, 'git')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(none)) writeFileSync(none, '#!/bin/sh\nexit 1\n', { mode: 0o700 })
  return { ...env, PATH: [folder, env['PATH'] ?? ''].join(delimiter) }
}
