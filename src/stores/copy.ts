import { sql, type Kysely } from 'kysely'
import { Problem } from '../core/failure.ts'
import type { Tables } from './schema.ts'

/** A table, as SQLite tells of it: both databases have the same. */
export interface TableForm {
  readonly name: string
  readonly columns: readonly string[]
  /** By which its rows have an order. */
  readonly key: readonly string[]
}

/** What others refer to comes first. */
const first = ['omc_sessions', 'run_events']
/** SQLite takes 32,766 parameters in one statement. */
const parametersAtOnce = 30_000
const rowsAtOnce = 1_000
/** Not what is PostgreSQL's own: who leads, and what was done last. */
const isKept = sql<boolean>`key <> 'lead' and key not like 'commit:%' and key not like 'mark:%'`

/** All tables of a SQLite database of ours. */
export async function tablesOf(sqlite: Kysely<Tables>): Promise<readonly TableForm[]> {
  const { rows } = await sql<{ readonly name: string; readonly column: string; readonly pk: number }>`
    select t.name as name, c.name as column, c.pk as pk from sqlite_master t join pragma_table_info(t.name) c
    where t.type = 'table' and t.name not like 'sqlite_%' order by t.name, c.cid`.execute(sqlite)
  const names = [...new Set([...first, ...rows.map(({ name }) => name)])]
  return names.map((name) => {
    const columns = rows.filter((row) => row.name === name)
    const key = columns.filter(({ pk }) => pk > 0).sort((one, two) => one.pk - two.pk)
    return { name, columns: columns.map(({ column }) => column), key: key.map(({ column }) => column) }
  })
}

/**
 * Makes the tables of one database those of another, which is in the form of the same version, and counts them. Gives how
 * many rows there are.
 * @throws {Problem} `wire` when a table has not the same number of rows afterwards.
 */
export async function copyAll(from: Kysely<Tables>, to: Kysely<Tables>, tables: readonly TableForm[]): Promise<number> {
  // What refers to others goes first.
  for (const { name } of tables.toReversed()) await sql`delete from ${sql.table(name)}${rowsOf(name)}`.execute(to)
  for (const table of tables) await copyTable(from, to, table)
  const [there, here] = [await countAll(from, tables), await countAll(to, tables)]
  for (const { name } of tables)
    if (there.get(name) !== here.get(name))
      throw new Problem(
        'wire',
        `Of ${name}, ${here.get(name)} of ${there.get(name)} rows came over. Nothing was moved.`,
      )
  return [...here.values()].reduce((sum, count) => sum + count, 0)
}

/** How many rows each table has that both databases have in common. */
export async function countAll(db: Kysely<Tables>, tables: readonly TableForm[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { name } of tables) {
    const counted = sql<{ readonly count: number }>`select count(*) as count from ${sql.table(name)}${rowsOf(name)}`
    counts.set(name, (await counted.execute(db)).rows[0]?.count ?? 0)
  }
  return counts
}

async function copyTable(from: Kysely<Tables>, to: Kysely<Tables>, { name, columns, key }: TableForm): Promise<void> {
  const most = Math.min(rowsAtOnce, Math.floor(parametersAtOnce / columns.length))
  const names = sql.join(columns.map((column) => sql.ref(column)))
  const order = sql.join(key.map((column) => sql.ref(column)))
  const isCounted = key.join() === 'seq'
  for (let [last, done] = [-1, 0]; ;) {
    // A table that is large has a number of its own: then nothing is walked through twice.
    const rest = isCounted
      ? sql`where seq > ${last} order by seq limit ${most}`
      : sql`${rowsOf(name)} order by ${order} limit ${most} offset ${done}`
    const { rows } = await sql<Row>`select ${names} from ${sql.table(name)} ${rest}`.execute(from)
    if (rows.length === 0) return
    const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`)
    await sql`insert into ${sql.table(name)} (${names}) values ${sql.join(values)}`.execute(to)
    if (isCounted) last = Number(rows.at(-1)?.['seq'])
    done += rows.length
  }
}

type Row = Readonly<Record<string, unknown>>

function rowsOf(table: string) {
  return table === 'meta' ? sql` where ${isKept}` : sql``
}
