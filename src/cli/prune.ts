import { existsSync } from 'node:fs'
import { wallOf, workspacesOf } from '../grounds.ts'
import type { Config } from '../config/config.ts'
import { Problem } from '../core/failure.ts'
import type { Worktree } from '../core/session.ts'
import type { Leftover, Workspaces } from '../core/workspace.ts'
import { openStore } from '../stores/open.ts'
import { hostClock } from '../system/host.ts'
import { runningBot } from './stop.ts'

export interface PruneOptions {
  readonly config: Config
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Working copies as well, where nothing would be lost by it. */
  readonly worktrees: boolean
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Takes away what is older than `OMC_KEEP_*` says, now; says which working copies no session has any more. */
export async function pruneNow({ config, environment, worktrees, say }: PruneOptions): Promise<void> {
  const { dataFolder } = config
  if (!existsSync(dataFolder))
    throw new Problem('refused', `There is no data folder ${dataFolder}: nothing to take away.`)
  if (config.databaseUrl !== null)
    throw new Problem('refused', 'On PostgreSQL the bot that leads takes away what is old, once a day, by itself.')
  const bot = await runningBot(dataFolder)
  if (bot !== null) {
    const text = `A bot (pid ${bot.pid}) runs on ${dataFolder}. It takes away what is old once a day by itself.`
    throw new Problem('refused', `${text} To do it now, end it first, its agents work on: discord-orchestrator stop`)
  }
  const store = await openStore({ folder: dataFolder, clock: hostClock, log: silent })
  try {
    const { runs, transcripts, attachments, copies, bytes } = await store.prune(config.keep)
    say(
      `Taken away: the words of ${runs} runs, ${transcripts} transcripts, ${attachments} attachments, ${copies} copies of the database (${megabytes(bytes)} of files).`,
    )
    const { vault } = store
    const work = workspacesOf(config, wallOf({ config, environment, folder: dataFolder }))
    const known = await vault.worktrees()
    const left = await work.leftovers(known, await vault.liveSessions())
    if (left.length === 0) return say('Every working copy there is has its session.')
    say(`Working copies that no session has any more (a session of the same name takes one up again):`)
    for (const each of left) say(`  ${await what(each, known, worktrees ? work : null)}`)
    if (!worktrees) say('`prune --worktrees` removes those in which nothing is uncommitted and unmerged.')
  } finally {
    await store.close()
  }
}

/** A line about one of them; `taking` takes it away where nothing would be lost. */
async function what(
  { folder, bytes }: Leftover,
  known: readonly Worktree[],
  taking: Pick<Workspaces, 'close'> | null,
): Promise<string> {
  const line = `${folder} (${megabytes(bytes)})`
  if (taking === null) return line
  const worktree = known.find((each) => each.folder === folder)
  if (worktree === undefined) return `${line}: no session is known to have made it, so it stays`
  const remains = await taking.close(worktree)
  return remains.kind === 'kept' ? `${line}: stays (${remains.why})` : `${line}: removed`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
