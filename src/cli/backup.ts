import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isForAShell } from '../config/spelling.ts'
import { Problem } from '../core/failure.ts'
import { backUp, restore } from '../stores/backup.ts'
import { hostClock } from '../system/host.ts'
import { version } from '../system/program.ts'
import { runningBot } from './stop.ts'

export interface BackupOptions {
  /** OMC_DATA_DIR, absolute. */
  readonly dataFolder: string
  /** OMC_DATABASE_URL */
  readonly databaseUrl: string | null
  /** As typed; left out: a folder named by the moment, in `backups` beside the data folder. */
  readonly to: string | undefined
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

/** Copies the data folder, also while a bot works on it. */
export async function backup({ dataFolder, databaseUrl, to, say }: BackupOptions): Promise<void> {
  refuseOnPostgres(databaseUrl, dataFolder)
  const moment = new Date(hostClock.now()).toISOString().slice(0, 19).replaceAll(':', '-')
  const folder = to === undefined ? join(dirname(dataFolder), 'backups', moment) : typed(to)
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
export async function restoreFrom({ from, dataFolder, databaseUrl, to, say }: RestoreOptions): Promise<void> {
  refuseOnPostgres(databaseUrl, dataFolder)
  const folder = to === undefined ? dataFolder : typed(to)
  const bot = existsSync(folder) ? await runningBot(folder) : null
  if (bot !== null) {
    throw new Problem(
      'refused',
      `A bot (pid ${bot.pid}) runs on ${folder}. End it first: discord-orchestrator stop --all`,
    )
  }
  const { at, sessions, runs } = await restore(typed(from), folder, hostClock)
  say(`Restored into ${folder}: ${sessions} sessions and ${runs} runs, as of ${new Date(at).toISOString()}.`)
  say('What was at work then is tried again by the next start. What people wrote since is read from Discord.')
  if (to !== undefined) say(`Start on it with OMC_DATA_DIR=${folder}`)
}

/** A path as it was typed. */
function typed(path: string): string {
  if (!path.startsWith('~') && !isForAShell(path)) return resolve(path)
  throw new Problem('refused', `No shell has filled in ${JSON.stringify(path)}: write the whole path.`)
}

function refuseOnPostgres(databaseUrl: string | null, dataFolder: string): void {
  if (databaseUrl === null) return
  throw new Problem(
    'refused',
    'The database is PostgreSQL (OMC_DATABASE_URL), which has its own tools: save it with pg_dump and put it back with ' +
      `pg_restore, together with ${dataFolder}. docs/MANY-MACHINES.md says how.`,
  )
}
