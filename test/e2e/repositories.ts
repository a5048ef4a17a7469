import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Actor, SeenMessage, SeenPlace } from 'loopback-discord'
import type { Stage } from './stage.ts'

/** Git as a person uses it beside the bot. */
export const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=olivia', '-c', 'user.email=o@example.org', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' },
  }).trim()

/** A repository with one commit under the stage's root. */
export function repository(stage: Stage, name = 'shop'): string {
  const folder = join(dirname(stage.project), name)
  mkdirSync(join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'src', 'cart.ts'), 'export const cart = 1\n')
  git(folder, 'init', '--quiet', '-b', 'main')
  git(folder, 'add', '-A')
  git(folder, 'commit', '--quiet', '-m', 'first')
  return folder
}

/** Runs a command, and gives what was told. */
export async function told(
  actor: Actor,
  place: SeenPlace | string,
  command: string,
  options: Record<string, string | boolean> = {},
): Promise<SeenMessage> {
  return (await actor.runs(place, command, options)).settled()
}

/** Starts a session by its command in a thread of its own. */
export async function starts(
  actor: Actor,
  name: string,
  options: Record<string, string | boolean> = {},
): Promise<{ readonly thread: SeenPlace; readonly reply: SeenMessage }> {
  const thread = await actor.opensThread('general', name)
  return { thread, reply: await told(actor, thread, '/session start', { name, runtime: 'echo', ...options }) }
}

/** Where the worktree of a session lies. */
export const folderOf = (stage: Stage, repository: string, name: string): string =>
  join(dirname(stage.project), '.omc-worktrees', repository, name)
