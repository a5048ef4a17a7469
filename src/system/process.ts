import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What tells one process from a later one that got the same pid. Null: no such process. */
export type StartTime = string

/** When a process started, as the system says it (Linux: ticks since boot; elsewhere: what `ps` prints). */
export async function startTimeOf(pid: number): Promise<StartTime | null> {
  if (process.platform === 'linux') return statOf(pid)?.startTime ?? null
  try {
    const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)], {
      // The same moment must read the same for a bot that was started in another language.
      env: { ...process.env, LC_ALL: 'C' },
    })
    return stdout.trim() === '' ? null : stdout.trim()
  } catch {
    // ps ends with 1 when there is no such process.
    return null
  }
}

/** Whether that very process still runs. A zombie does not: only its exit code is left of it. */
export async function isAlive(pid: number, startTime: StartTime): Promise<boolean> {
  if (process.platform !== 'linux' && !answers(pid)) return false
  return (await startTimeOf(pid)) === startTime
}

/** Sends a signal; a process that has gone meanwhile is as good. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** CPU time in ticks (1/100 s) that a process and its waited-for children have used; null where nobody can tell. */
export function ticksOf(pid: number): number | null {
  return statOf(pid)?.ticks ?? null
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statOf(pid: number): { startTime: StartTime; ticks: number } | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The second field is the name in brackets and may hold anything; counting begins behind it, with field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const startTime = fields[19]
  if (startTime === undefined || state === 'Z' || state === 'X') return null
  return { startTime, ticks: fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0) }
}
