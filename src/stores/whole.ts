import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Problem } from '../core/failure.ts'
import { writeAtomically } from '../system/atomic-file.ts'

/** What an earlier life leaves beside its database: processes that may still work, and what was said. */
const traces = ['spools', 'transcripts'] as const

/**
 * Refuses a data folder whose database has been lost, or was copied without the file that holds its newest changes:
 * taken for a new one, it would end agents that are at work and forget every session. Touches nothing.
 * @throws {Problem} `refused`, with what to do.
 */
export function refuseTorn(database: string, folder: string): void {
  const found = traces.filter((name) => hasMore(join(folder, name)))
  const name = basename(database)
  if (isMissing(database)) {
    if (found.length === 0) return
    const what = found.map((each) => `${each}/`).join(' and ')
    throw new Problem(
      'refused',
      `${database} is missing or empty, but ${what} beside it ${found.length === 1 ? 'is' : 'are'} of an earlier start. ` +
        `Put ${name} back (with ${name}-wal, if there is one). To begin anew, choose another OMC_DATA_DIR. ` +
        `Nothing was changed.`,
    )
  }
  if (existsSync(openMark(database)) && !existsSync(`${database}-wal`)) {
    throw new Problem(
      'refused',
      `${database}-wal is missing: the bot was not stopped when ${name} was last used, so its newest changes are in that ` +
        `file. Copy both, together. If you put an older ${name} here on purpose, stop its agents ` +
        `(discord-orchestrator stop --all), remove ${basename(openMark(database))}, and start again. Nothing was changed.`,
    )
  }
}

/** From here on, the newest changes are beside the database. Call when it is open. */
export function markOpen(database: string): void {
  const name = basename(database)
  writeAtomically(openMark(database), `In use, or not closed: the newest changes are in ${name}-wal. Copy both.\n`)
}

/** Nothing will be written any more. Call before it is closed: then a death in between is no false alarm. */
export function unmarkOpen(database: string): void {
  rmSync(openMark(database), { force: true })
}

function openMark(database: string): string {
  return `${database}-open`
}

/** An empty file is a fresh one, or a copy that failed. */
function isMissing(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/** Whether a folder holds anything but the folder's own id. */
function hasMore(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => name !== 'id')
}
