import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { databaseName } from '../stores/sqlite/database.ts'
import { programFolder, version } from '../system/program.ts'
import { backup } from './backup.ts'
import { runningBot } from './stop.ts'

export interface UpgradeOptions {
  /** OMC_DATA_DIR, absolute. */
  readonly dataFolder: string
  /** OMC_DATABASE_URL */
  readonly databaseUrl: string | null
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

/** Says which version this is, makes a backup to go back to, and says the steps; it takes none of them. */
export async function upgrade({ dataFolder, databaseUrl, say }: UpgradeOptions): Promise<void> {
  say(`This is version ${version}, in ${programFolder}.`)
  if (databaseUrl !== null) say('Its database is on PostgreSQL: copy it with pg_dump first (docs/MANY-MACHINES.md).')
  else if (existsSync(join(dataFolder, databaseName))) await backup({ dataFolder, databaseUrl, to: undefined, say })
  const bot = await runningBot(dataFolder)
  const isCheckout = existsSync(join(programFolder, '.git'))
  const steps = [
    isCheckout
      ? `git -C ${programFolder} pull && npm --prefix ${programFolder} ci`
      : 'npm install -g discord-orchestrator@latest',
    bot === null
      ? 'discord-orchestrator start'
      : 'discord-orchestrator service install, or stop it and start it again: its agents work on meanwhile',
    'discord-orchestrator doctor',
  ]
  say('Now:')
  for (const [nth, step] of steps.entries()) say(`  ${nth + 1}. ${step}`)
  say(
    'The database is brought up to date at the start. To go back: stop --all, the old version, that backup (RUNBOOK.md).',
  )
}
