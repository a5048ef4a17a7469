import { execFile } from 'node:child_process'
import { statSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../core/clock.ts'
import type { Finding, NamedCheck } from '../core/finding.ts'
import type { Timings } from '../core/timings.ts'
import { programNamed } from '../system/program.ts'
import { databaseName } from './sqlite/database.ts'

export interface DatabaseWatchTools {
  readonly folder: string
  readonly clock: Clock
  readonly timings: Pick<Timings, 'databaseAfterMs' | 'databaseEveryMs'>
}

/** Whoever opened it closes it. */
export interface DatabaseWatch extends NamedCheck {
  close(): void
}

/**
 * What `doctor` finds in the database, for a bot that runs for weeks: some time after the start and then once a day, since all of it is
 * read. Between two looks the last one stands.
 */
export function databaseWatch({ folder, clock, timings }: DatabaseWatchTools): DatabaseWatch {
  const closing = new AbortController()
  const path = join(folder, databaseName)
  const own = fileAt(path)
  let dueAt = clock.monotonic() + timings.databaseAfterMs
  let found: readonly Finding[] = []
  return {
    name: 'database',
    async check() {
      // What is written goes on into the file that was opened, and is lost with the bot when that has no name any more.
      if (fileAt(path) !== own) return [...found, gone(path)]
      if (clock.monotonic() < dueAt) return found
      dueAt = clock.monotonic() + timings.databaseEveryMs
      // What waits for people is told elsewhere.
      found = (await lookWhole(folder, closing.signal)).filter(({ id }) => id === 'database')
      return found
    },
    close: () => closing.abort(),
  }
}

/** Which file stands there, whatever it says; null: none. */
function fileAt(path: string): string | null {
  const { dev, ino } = statSync(path, { throwIfNoEntry: false }) ?? {}
  return ino === undefined ? null : `${dev}:${ino}`
}

function gone(path: string): Finding {
  return {
    id: 'database.file',
    level: 'error',
    stopsAll: true,
    text: `${path} is not the database any more that the bot works on: its folder was moved, removed or unmounted.`,
    mend: 'What is accepted now may be lost. Stop the bot, put the folder back or restore a backup, and start it again.',
  }
}

async function lookWhole(folder: string, signal: AbortSignal): Promise<readonly Finding[]> {
  const looking = promisify(execFile)(process.execPath, [programNamed('stores/look-whole'), folder], {
    env: { NODE_NO_WARNINGS: '1' },
    signal,
  })
  const { pid } = looking.child
  if (pid !== undefined) beModest(pid)
  return JSON.parse((await looking).stdout) as readonly Finding[]
}

/** Not the least there is: on a machine that is busy all day it would never come to an end. */
function beModest(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // It is over already.
  }
}
