import { DatabaseSync } from 'node:sqlite'
import { migrations } from '../migrations/all.ts'
import { inPostgres } from './in-postgres.ts'

/** Of which version of the schema this is. A PostgreSQL database begins with it; what came before was SQLite's alone. */
export const baseVersion = 20

/** What SQLite has after the migrations before: some of them make tables anew in ways that PostgreSQL does not know. */
function tables(): string {
  const sqlite = new DatabaseSync(':memory:')
  try {
    for (const each of migrations.slice(0, baseVersion)) sqlite.exec(each)
    const made = sqlite.prepare("select sql from sqlite_master where sql is not null and name not like 'sqlite_%'")
    return made.all().reduce((all, { sql }) => `${all}${String(sql)};\n`, '')
  } finally {
    sqlite.close()
  }
}

/** Every append changes a row of `runs`: room beside it keeps the indexes out of that. */
const room = `
alter table runs set (fillfactor = 70);
`

/** Who may write: raised by each bot that takes the lead, and looked at by every transaction that writes. */
const lead = `
insert into meta values ('lead', 0);
create table data_folder (id text primary key);
`

/** An empty database's first schema. */
export function base(): string {
  return inPostgres(tables() + lead) + room
}
