import { sql } from 'kysely'
import { messageOf, Problem } from '../../core/failure.ts'
import { fine, type Finding } from '../../core/finding.ts'
import { migrations } from '../migrations/all.ts'
import { lockOf } from '../locks.ts'
import { isKnownFolder } from './data-folder.ts'
import { refuseFar } from './leadership.ts'
import { holderOf, openPostgres, type Holder } from './postgres.ts'

/** Older ones do not end a connection that gives no sign, so a stopped bot would lead for ever. */
const oldest = 140_000
const skewMs = 2_000

interface Looked {
  readonly version: number
  readonly told: string
  readonly now: number
  readonly may: boolean
  readonly led: boolean
}

/** What `doctor` says of a PostgreSQL database. `folder`: the data folder of a bot that is to work with it. Changes nothing. */
export async function lookAtPostgres(url: string, now: () => number, folder: string | null = null): Promise<Finding> {
  const id = 'database'
  const { db, name, close } = openPostgres(url)
  try {
    const { rows } = await sql<Looked>`
      select current_setting('server_version_num')::int as version, current_setting('server_version') as told,
        (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
        has_schema_privilege(current_schema(), 'create') as may,
        exists (select 1 from pg_locks where locktype = 'advisory' and objsubid = 1
            and database = (select oid from pg_database where datname = current_database())
          and ((classid::bigint << 32) | objid::bigint) = ${sql.raw(lockOf(`'lead'`))}) as led`.execute(db)
    const [found] = rows
    if (found === undefined) throw new Error('it answers nothing')
    const wrong = (text: string, mend: string, level: 'error' | 'warning' = 'error') => ({ id, level, text, mend })
    if (found.version < oldest) return wrong(`PostgreSQL ${found.told} is too old.`, 'Use PostgreSQL 14 or newer.')
    if (!found.may)
      return wrong(
        `The user may make no tables in the database ${name}.`,
        'Make the database its own, or grant it CREATE.',
      )
    const apart = Math.abs(found.now - now())
    if (apart > skewMs)
      return wrong(
        `The clocks here and at the database ${name} are ${Math.round(apart / 1000)} s apart.`,
        'Set them by NTP.',
        'warning',
      )
    if (folder !== null) {
      await isKnownFolder(db, folder, name)
      const holder = await sql.raw<Holder>(holderOf(lockOf(`'lead'`))).execute(db)
      refuseFar(holder.rows[0], 'lead', name)
    }
    const who = found.led ? 'A bot leads on it; another one would stand by.' : 'No bot leads on it now.'
    return fine(id, `PostgreSQL ${found.told} answers as ${name}. ${who} This program has schema ${migrations.length}.`)
  } catch (error) {
    const isRefused = error instanceof Problem && error.kind === 'refused'
    const mend = isRefused ? null : 'Check OMC_DATABASE_URL, and that the server runs and lets this machine in.'
    return { id, level: 'error', text: messageOf(error), mend }
  } finally {
    await close()
  }
}
