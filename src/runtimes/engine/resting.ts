import { spawn } from 'node:child_process'
import { readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ids, SessionId } from '../../core/ids.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { programNamed } from '../../system/program.ts'
import { endMarked, markVariables } from './marker.ts'

/** Processes that rest while no bot runs, as the one that left them has kept them. */
export interface RestingProcesses {
  readonly dataDir: string
  readonly data: string
  readonly runtime: string
  readonly farewell: readonly string[]
  /** Which process of each folder is meant: another one may stand there by then. */
  readonly processes: readonly { readonly name: string; readonly generation: string }[]
}

/** What marks whoever waits in our place: not the name of any session. */
const waiting = 'resting' as SessionId

/**
 * Processes at rest are left for the next bot, whose first prompts find them warm; when none comes for so long, somebody
 * has to end them all the same. That is a `sleep` that outlives us, and a program behind it.
 */
export function leaveResting(left: RestingProcesses, afterMs: number, ids: Ids): void {
  const { dataDir, data, runtime } = left
  const token = ids.next()
  const file = fileOf(dataDir, runtime)
  writeAtomically(file, JSON.stringify({ ...left, token }))
  const program = programNamed('runtimes/engine/end-resting')
  const script = 'sleep "$1"; exec "$2" "$3" "$4" "$5"'
  const seconds = String(Math.ceil(afterMs / 1000))
  const child = spawn('sh', ['-c', script, 'sh', seconds, process.execPath, program, file, token], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'] ?? '', ...markVariables({ data, runtime, session: waiting }) },
    detached: true,
    stdio: 'ignore',
  })
  // Without it they rest until the next bot comes, as after a kill.
  child.on('error', () => {})
  child.unref()
}

/** A bot is there: nobody ends what rests any more but that one. */
export async function takeBackResting(dataDir: string, data: string, runtime: string): Promise<void> {
  rmSync(fileOf(dataDir, runtime), { force: true })
  await endMarked(data, (marked) => marked.session === waiting && marked.runtime === runtime, 0)
}

/** What was left, for whoever is to end it; null: a bot has come back, or it was left anew since. To be asked once. */
export function claimResting(file: string, token: string): RestingProcesses | null {
  try {
    const { token: kept, ...left } = JSON.parse(readFileSync(file, 'utf8')) as RestingProcesses & { token: string }
    if (kept !== token) return null
    // A bot that starts at this moment takes the file away before it looks at the processes.
    const mine = `${file}.${token}`
    renameSync(file, mine)
    rmSync(mine)
    return left
  } catch {
    return null
  }
}

function fileOf(dataDir: string, runtime: string): string {
  return join(dataDir, 'spools', `${runtime}.resting`)
}
