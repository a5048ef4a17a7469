import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, Problem } from '../core/failure.ts'
import { fine, type Finding } from '../core/finding.ts'
import { migrations } from './migrations/all.ts'
import { databaseName } from './sqlite/database.ts'
import { refuseTorn } from './sqlite/whole.ts'

/** Looks into a data folder's database without changing it, also while a bot works on it. */
export function checkDatabase(folder: string): readonly Finding[] {
  const path = join(folder, databaseName)
  const id = 'database'
  try {
    refuseTorn(path, folder)
    if (!existsSync(path)) return [fine(id, 'There is no database yet: the first start makes it.')]
    const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
    try {
      return lookInto(db, statSync(path).size)
    } finally {
      db.close()
    }
  } catch (error) {
    // It says what to do already, as the start would.
    if (error instanceof Problem) return [{ id, level: 'error', text: error.message, mend: null }]
    const text = `The database ${path} cannot be read: ${messageOf(error)}.`
    return [{ id, level: 'error', text, mend: 'Put a backup in its place: `restore` says how.' }]
  }
}

function lookInto(db: DatabaseSync, bytes: number): readonly Finding[] {
  const id = 'database'
  const schema = Number(db.prepare('pragma user_version').get()?.['user_version'])
  if (schema > migrations.length) {
    const text = `The database is of a newer version of this program (schema ${schema}, this one knows ${migrations.length}).`
    return [{ id, level: 'error', text, mend: 'Upgrade the program, or restore a backup of this version.' }]
  }
  // Its first line says which database it is about: there is one.
  const fault = String(db.prepare('pragma quick_check(1)').get()?.['quick_check']).replace(/^\*\*\*.*\*\*\*\s*/, '')
  if (fault !== 'ok') {
    const text = `The database is damaged: ${fault}.`
    return [{ id, level: 'error', text, mend: 'Stop the bot and restore a backup.' }]
  }
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MB`
  if (schema < migrations.length)
    return [
      fine(id, `The database (${size}) is of an older version; the next start copies it and brings it up to date.`),
    ]
  return [fine(id, `The database is sound (${size}).`), waiting(db)]
}

/** What people are to decide. */
function waiting(db: DatabaseSync): Finding {
  const id = 'waiting'
  const count = (sql: string): number => Number(db.prepare(sql).get()?.['value'])
  const letters = count("select count(*) as value from letters where state = 'asked'")
  const approvals = count('select count(*) as value from approvals where closed = 0')
  const prompts = count("select count(*) as value from runs where state = 'waiting'")
  return fine(id, `Waiting: ${prompts} prompts, ${approvals} approvals and ${letters} letters for somebody's answer.`)
}
