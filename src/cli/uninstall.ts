import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { Problem } from '../core/failure.ts'
import { lockName, takeLock } from '../stores/lock.ts'
import { databaseName } from '../stores/sqlite/database.ts'
import { hostClock } from '../system/host.ts'
import { programFolder } from '../system/program.ts'
import { removeTree } from '../system/remove-tree.ts'
import { serviceKinds, uninstallService, type ServiceOptions } from './service/service.ts'
import type { Interviewer } from './setup/interviewer.ts'
import { stop } from './stop.ts'

export interface UninstallOptions extends Omit<ServiceOptions, 'kind'> {
  readonly interviewer: Interviewer
  /** Nobody is asked. */
  readonly yes: boolean
  /** What the bot has kept goes as well. */
  readonly data: boolean
}

/**
 * Ends the bot with its agents and takes the service away. Data, `.env`, logins and working copies stay, unless the
 * data is named: it cannot be had back.
 */
export async function uninstall(options: UninstallOptions): Promise<void> {
  const { config, data, interviewer, say, yes } = options
  const { dataFolder } = config
  const isElsewhere = config.databaseUrl !== null
  const isOurs = existsSync(join(dataFolder, isElsewhere ? lockName : databaseName))
  if (data && existsSync(dataFolder) && !isOurs)
    throw new Problem(
      'refused',
      `${dataFolder} has no ${isElsewhere ? lockName : databaseName}, so it is not removed. Correct OMC_DATA_DIR.`,
    )
  const other = data && isOurs ? (foreignIn(options) ?? strangerIn(options)) : undefined
  if (other !== undefined)
    throw new Problem(
      'refused',
      `${dataFolder} holds ${other} as well, so it is not removed. Take out by hand what is to go.`,
    )
  const all = isElsewhere ? 'transcripts, attachments and keys' : 'sessions, transcripts and all'
  const what = data ? `and remove ${dataFolder}, ${all}` : `and keep ${dataFolder}`
  if (!yes) {
    const text = `End the bot with its agents, take its service away, ${what}?`
    const answers = [
      { value: 'no', label: 'No' },
      { value: 'yes', label: 'Yes' },
    ]
    if ((await interviewer.choose({ text, flag: '--yes', usual: null }, answers)) !== 'yes')
      return say('Nothing was done.')
  }
  for (const { name } of serviceKinds) await uninstallService({ ...options, kind: name, quiet: true })
  await stop({ dataFolder, all: true, say })
  if (data && isOurs) {
    // Held meanwhile: a bot that somebody starts now would lose its data under its hands.
    const lock = await takeLock(dataFolder, hostClock)
    try {
      await removeTree(dataFolder)
    } finally {
      lock.close()
    }
    say(`Gone: ${dataFolder}`)
    if (isElsewhere)
      say('The PostgreSQL database of OMC_DATABASE_URL stays: sessions, runs and grants. Drop it there (dropdb).')
  } else say(`Kept: ${dataFolder}, .env, the logins, working copies under .omc-worktrees, and all branches.`)
  say('The program itself goes with its folder, or by: npm uninstall -g discord-orchestrator')
}

/** What is not the bot's data and would go with its folder: OMC_DATA_DIR may name any. */
function foreignIn({ config, folder }: UninstallOptions): string | undefined {
  const real = (path: string): string => (existsSync(path) ? realpathSync(path) : resolve(path))
  const within = `${real(config.dataFolder)}${sep}`
  const { home, projectRoots } = config
  const logins = config.loginFiles.filter((each) => existsSync(each))
  return [folder, programFolder, home, ...projectRoots, ...logins].find((each) =>
    `${real(each)}${sep}`.startsWith(within),
  )
}

/** All that the bot keeps in its folder. */
const kept = new RegExp(
  '^(attachments|box|boxes|codex|demo|demo-project|echo|egress|git|logs|page|spools|transcripts|worktrees|lost\\+found|' +
    '(database\\.(id|lead)|identity\\.key|lock\\.json|lock\\.sqlite|orchestrator\\.sqlite|restoring|token-refresh\\.json|tools\\.json)([.-].*)?)$',
)

/** What somebody else has put there: a folder that serves others as well is not the bot's to remove. */
function strangerIn({ config: { dataFolder, logFile } }: UninstallOptions): string | undefined {
  const log = logFile === null ? null : relative(dataFolder, logFile.path).split(sep)[0]
  const isOwn = (name: string): boolean => kept.test(name) || (log != null && name.startsWith(log))
  return existsSync(dataFolder) ? readdirSync(dataFolder).find((name) => !isOwn(name)) : undefined
}
