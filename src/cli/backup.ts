import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Problem } from '../core/failure.ts'
import { backUp, restore } from '../stores/backup.ts'
import { hostClock } from '../system/host.ts'
import { version } from '../version.ts'
import { runningBot } from './stop.ts'

export interface BackupOptions {
  /** OMC_DATA_DIR, absolute. */
  readonly dataFolder: string
  /** As typed; left out: a folder named by the moment, in `backups` beside the data folder. */
  readonly to: string | undefined
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

/** Copies the data folder, also while a bot works on it. */
export async function backup({ dataFolder, to, say }: BackupOptions): Promise<void> {
  const moment = new Date(hostClock.now()).toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = resolve(to ?? join(dirname(dataFolder), 'backups', moment))
  const { sessions, runs, folders } = await backUp(dataFolder, folder, { clock: hostClock, version })
  say(`Backed up to ${folder}: ${sessions} sessions, ${runs} runs, what was said and what was attached.`)
  const left = folders.filter((each) => existsSync(each))
  if (left.length > 0)
    say('Not in it, because it is work and not record: what has not been committed in these folders.')
  for (const each of left) say(`  ${each}`)
  say(`To put it back: discord-orchestrator restore ${folder}`)
}

export interface RestoreOptions extends BackupOptions {
  readonly from: string
}

/** Puts a backup into the data folder, or into another one. */
export async function restoreFrom({ from, dataFolder, to, say }: RestoreOptions): Promise<void> {
  const folder = to === undefined ? dataFolder : resolve(to)
  const bot = existsSync(folder) ? await runningBot(folder) : null
  if (bot !== null) {
    throw new Problem(
      'refused',
      `A bot (pid ${bot.pid}) runs on ${folder}. End it first: discord-orchestrator stop --all`,
    )
  }
  const { at, sessions, runs } = await restore(resolve(from), folder)
  say(`Restored into ${folder}: ${sessions} sessions and ${runs} runs, as of ${new Date(at).toISOString()}.`)
  say('What was at work then is tried again by the next start. What people wrote since is read from Discord.')
  if (to !== undefined) say(`Start on it with OMC_DATA_DIR=${folder}`)
}
