import { mkdir, rmdir, stat, utimes } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** A lock that nobody has touched for so long was left behind by a death; its holder touches it every few seconds. */
const usualStaleMs = 10_000
const touchEveryMs = 4000
/** A second apart. */
const tries = 12

/** A lock that is ours. */
export interface OwnLock {
  /** Whether it still is: somebody may have taken us for dead, after the machine slept. */
  stillOurs(): Promise<boolean>
}

/** Somebody else keeps a lock. */
export class LockHeld extends Error {}

/**
 * Works under a lock that is a folder, as Claude's CLI takes it: made is taken, removed is given, and one that has not been
 * touched for a while is nobody's. It is tried for some seconds. @throws {LockHeld} when somebody else keeps it.
 */
export async function underLock<Value>(
  path: string,
  work: (held: OwnLock) => Promise<Value>,
  staleMs = usualStaleMs,
): Promise<Value> {
  const mark = await take(path, staleMs)
  const touching = setInterval(() => {
    utimes(path, new Date(), new Date()).catch(() => {})
  }, touchEveryMs)
  const stillOurs = async (): Promise<boolean> => (await markOf(path)) === mark
  try {
    return await work({ stillOurs })
  } finally {
    clearInterval(touching)
    if (await stillOurs()) await rmdir(path).catch(() => {})
  }
}

async function take(path: string, staleMs: number): Promise<string> {
  let stole = false
  for (let tried = 1; ; tried++) {
    const isTaken = await isMade(path)
    if (isTaken) {
      const mark = await markOf(path)
      // Two who found it stale may remove it one after the other: the later one then removed the other's new lock.
      if (stole) await delay(50)
      if (mark !== null && (!stole || (await markOf(path)) === mark)) return mark
    } else {
      const found = await stat(path).catch(() => null)
      stole = found !== null && Date.now() - found.mtimeMs > staleMs
      if (stole) await rmdir(path).catch(() => {})
      // One that is gone by now can be had at once.
      else if (found !== null && tried < tries) await delay(1000)
    }
    if (tried >= tries) throw new LockHeld(`${path} is held by another program`)
  }
}

/** Whether it is made now; false: it is there already. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Tells this folder from one that was made anew in its place; touching it changes nothing. Null: there is none. */
async function markOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  return found === null ? null : `${found.ino}:${found.birthtimeNs}`
}
