import { join } from 'node:path'
import { Problem } from '../core/failure.ts'
import { dataIdOf, findMarked } from '../runtimes/engine/marker.ts'
import { moveToPostgres, moveToSqlite } from '../stores/move.ts'
import { hostClock } from '../system/host.ts'
import { runningBot } from './stop.ts'

/** Where the database can be. */
export type DatabaseKind = 'postgresql' | 'sqlite'

export interface MoveCommand {
  readonly to: DatabaseKind
  /** OMC_DATA_DIR, absolute. */
  readonly dataFolder: string
  /** OMC_DATABASE_URL */
  readonly databaseUrl: string | null
  /** Tells the operator, a line at a time. */
  readonly say: (line: string) => void
}

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Moves the database of a data folder, whose bot and agents have ended, and says what is left to do. */
export async function move({ to, dataFolder: folder, databaseUrl: url, say }: MoveCommand): Promise<void> {
  if (url === null)
    throw new Problem(
      'refused',
      'Say with OMC_DATABASE_URL in .env which PostgreSQL database is meant. See .env.example.',
    )
  const bot = await runningBot(folder)
  const agents = await findMarked(dataIdOf(join(folder, 'spools')))
  if (bot !== null || agents.length > 0)
    throw new Problem(
      'refused',
      `${bot === null ? `${agents.length} agents` : `A bot (pid ${bot.pid})`} of ${folder} still at work. ` +
        'End them first: discord-orchestrator stop --all',
    )
  const options = { folder, url, clock: hostClock, log: silent }
  if (to === 'postgresql') {
    const { tables, rows, file } = await moveToPostgres(options)
    say(`${rows} rows of ${tables} tables are in PostgreSQL now, and were counted there.`)
    say(`The file is put aside as ${file}; remove it when all is well. Leave OMC_DATABASE_URL in .env, and start.`)
    return
  }
  const { tables, rows, file } = await moveToSqlite(options)
  say(`${rows} rows of ${tables} tables are in ${file} now, and were counted there.`)
  say(
    'Take OMC_DATABASE_URL out of .env, and start. No bot starts on that PostgreSQL database any more: it can be dropped.',
  )
}
