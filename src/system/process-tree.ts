import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { descendantsOf, signal, startTimeOf, type StartTime } from './process.ts'

/** So often it is looked whether somebody has come to a stop: who waits for a disk, or for a child to exec, takes longer. */
const looks = 40

/**
 * Ends processes and all that they have started, at whatever moment. They are stopped first, from the top down, until
 * nobody is new: whoever dies while it starts something leaves that behind, with another parent and perhaps without any
 * mark of where it came from. Gives what was ended beside the roots, with the moment of its birth.
 */
export async function killTree(roots: readonly number[]): Promise<ReadonlyMap<number, StartTime>> {
  const stopped = new Set<number>()
  const helpers = new Map<number, StartTime>()
  for (let fresh = roots; fresh.length > 0;) {
    for (const pid of fresh) signal(pid, 'SIGSTOP')
    for (const pid of fresh) await comesToStop(pid)
    for (const pid of fresh) stopped.add(pid)
    for (const [pid, born] of await familyOf(roots)) helpers.set(pid, born)
    fresh = [...helpers.keys()].filter((pid) => !stopped.has(pid))
  }
  for (const pid of stopped) signal(pid, 'SIGKILL')
  return helpers
}

/** What processes have started, but for this one, with the moment of its birth: later a number may be another's. */
export async function familyOf(roots: readonly number[]): Promise<ReadonlyMap<number, StartTime>> {
  const family = new Map<number, StartTime>()
  for (const pid of descendantsOf(roots)) {
    const born = pid === process.pid ? null : await startTimeOf(pid)
    if (born !== null) family.set(pid, born)
  }
  return family
}

async function comesToStop(pid: number): Promise<void> {
  if (process.platform !== 'linux') return
  for (let look = 0; look < looks; look++) {
    if (areStopped(pid)) return
    await delay(2)
  }
}

/** All its threads: each of them could start something. */
function areStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((task) => {
      const text = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
      // Stopped, traced, or over (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
      return 'TtZX'.includes(text.slice(text.lastIndexOf(')') + 2)[0] ?? '')
    })
  } catch {
    // Gone meanwhile, it or a thread of it.
    return false
  }
}
