import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
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

/** What those processes have started and what that has, as far as it runs, by pid; elsewhere than on Linux nobody says. */
export function descendantsOf(roots: readonly number[]): readonly number[] {
  if (process.platform !== 'linux' || roots.length === 0) return []
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? statOf(Number(name))?.parent : undefined
    if (parent !== undefined) parents.set(Number(name), parent)
  }
  const family = new Set(roots)
  for (let size = 0; size < family.size;) {
    size = family.size
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid)
  }
  return [...family].filter((pid) => !roots.includes(pid))
}

/** What a process itself has started and still runs, with its command line; elsewhere than on Linux nobody says. */
export function childrenOf(parent: number): readonly { readonly pid: number; readonly command: string }[] {
  return descendantsOf([parent]).flatMap((pid) =>
    statOf(pid)?.parent === parent ? [{ pid, command: commandOf(pid) }] : [],
  )
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
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

/** What Linux says of a process that runs. */
export interface ProcessStat {
  readonly parent: number
  readonly session: number
  readonly startTime: StartTime
  /** Its first thread has ended, others have not. */
  readonly isEnding: boolean
  /** CPU time of it and its waited-for children, in 1/100 s. */
  readonly ticks: number
  /** A thread of the kernel, one that is dying, or one that was given no variable: not one in the middle of an exec. */
  readonly hasNoEnvironment: boolean
}

/**
 * Null for one that has ended (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html). One whose first thread has
 * ended looks like a zombie, but runs, and holds its files and locks, until the last of its threads has ended.
 */
export function statOf(pid: number): ProcessStat | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return null
  }
  // The second field is the name in brackets and may hold anything; counting begins behind it, with field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  const [threads, startTime, memory = '0', code = '0', from = '0', to = '0'] = [17, 19, 20, 23, 47, 48].map(
    (each) => fields[each],
  )
  const isZombie = state === 'Z'
  if (startTime === undefined || state === 'X' || (isZombie && Number(threads) < 2)) return null
  return {
    parent: Number(fields[1]),
    session: Number(fields[3]),
    startTime,
    isEnding: isZombie,
    ticks: fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0),
    // An exec writes the environment first, which looks empty until it is whole, and the code's place last.
    hasNoEnvironment: memory === '0' || (code !== '0' && to !== '0' && from === to),
  }
}
