import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Environment } from '../../core/command-line.ts'
import { Problem } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import { signal, statOf, type StartTime } from '../../system/process.ts'
import { familyOf, killTree } from '../../system/process-tree.ts'

const run = promisify(execFile)

/**
 * Whom a process belongs to. It stands in the environment of the CLI and so of everything the CLI starts, also of
 * tools that made a session of their own: no process group would hold those together.
 */
export interface Mark {
  /** Id of the data folder. */
  readonly data: string
  readonly runtime: string
  readonly session: SessionId
}

export interface Marked extends Mark {
  readonly pid: number
}

const names = { data: 'OMC_DATA', runtime: 'OMC_RUNTIME', session: 'OMC_SPOOL' } as const

export function markVariables(mark: Mark): Environment {
  return { [names.data]: mark.data, [names.runtime]: mark.runtime, [names.session]: mark.session }
}

/** The id of the data folder whose spools these are; made at first use. A path would change with a mount or a move. */
export function dataIdOf(spools: string): string {
  mkdirSync(spools, { recursive: true, mode: 0o700 })
  const file = join(spools, 'id')
  try {
    writeFileSync(file, randomUUID(), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFileSync(file, 'utf8').trim()
}

/**
 * Every process, but this one, that carries a mark of that data folder: also one that is just becoming another program,
 * and one that was started while it was looked and by a process that ended meanwhile.
 */
export async function findMarked(data: string): Promise<readonly Marked[]> {
  const environments = process.platform === 'linux' ? await fromProc() : await fromPs()
  const found: Marked[] = []
  for (const [pid, text] of environments) {
    if (pid === process.pid || valueOf(text, names.data) !== data) continue
    const session = valueOf(text, names.session)
    if (session !== null)
      found.push({ pid, data, runtime: valueOf(text, names.runtime) ?? '', session: session as SessionId })
  }
  return found
}

/**
 * Ends all marked processes that `choose` picks: SIGINT first when there is time for it, then SIGKILL, looking again
 * until none is left, because what dies may have started something a moment before. Gives how many there were.
 * Never SIGTERM: the CLI would die of it without ending its tools.
 */
export async function endMarked(data: string, choose: (marked: Marked) => boolean, graceMs: number): Promise<number> {
  const ended = new Set<number>()
  // Not by the clock on the wall: set back meanwhile, it would never come to SIGKILL.
  const deadline = performance.now() + graceMs
  const find = async (): Promise<readonly Marked[]> => (await findMarked(data)).filter(choose)
  // With what they have started, which may bear no mark: the sandbox of Codex clears it away. Who dies shows its mark no
  // more some time before it lets go of its files and locks.
  const family = new Map<number, StartTime>()
  const sessions = new Set<number>()
  for (let round = 0; round < 200; round++) {
    const left = (await find()).map(({ pid }) => pid)
    if (left.length === 0) {
      await endFamily(family)
      for (const leader of sessions) await endSessionOf(leader)
      return ended.size
    }
    for (const pid of left) {
      const stat = statOf(pid)
      if (stat?.session === pid) sessions.add(pid)
      if (stat !== null) family.set(pid, stat.startTime)
    }
    const isGentle = performance.now() < deadline
    for (const [pid, born] of await (isGentle ? familyOf(left) : killTree(left))) family.set(pid, born)
    if (isGentle) for (const pid of left.filter((each) => !ended.has(each))) signal(pid, 'SIGINT')
    for (const pid of left) ended.add(pid)
    await delay(25)
  }
  const left = (await find()).map(({ pid }) => pid)
  if (left.length === 0) return ended.size
  throw new Problem('wire', `Processes ${left.join(', ')} do not end, not even by SIGKILL. End them by hand.`)
}

/** Lets those go on whom a bot had stopped to end them, and did not live to. */
export async function continueMarked(data: string, choose: (marked: Marked) => boolean): Promise<void> {
  const pids = (await findMarked(data)).filter(choose).map(({ pid }) => pid)
  for (const pid of [...pids, ...(await familyOf(pids)).keys()]) signal(pid, 'SIGCONT')
}

async function endFamily(family: ReadonlyMap<number, StartTime>): Promise<void> {
  for (let round = 0; round < 400; round++) {
    const left = [...family].filter(([pid, born]) => statOf(pid)?.startTime === born)
    if (left.length === 0) return
    for (const [pid] of left) signal(pid, 'SIGKILL')
    await delay(25)
  }
}

/**
 * Ends what is left in the session of a process that has just ended (its own: it was started detached). A CLI's helpers
 * may bear no mark, and one that was just being started does not always die with its parent: a bwrap that Codex gives up
 * at that moment leaves a half that waits for ever, and is nobody's child.
 */
export async function endSessionOf(leader: number): Promise<void> {
  if (process.platform !== 'linux') return
  for (let round = 0; round < 400; round++) {
    // Its number is not given to anybody else while the session lasts.
    if (statOf(leader) !== null) return
    const left = pids().filter((pid) => pid !== leader && sessionOf(pid) === leader)
    if (left.length === 0) return
    for (const pid of left) signal(pid, 'SIGKILL')
    await delay(25)
  }
}

function sessionOf(pid: number): number | null {
  return statOf(pid)?.session ?? null
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** So long whoever is in the middle of an exec is waited for. */
const execWithinMs = 1_000
const leastLooks = 4

/**
 * Looks until nobody is there that was not looked at: a list alone would miss whom a process has started behind it and
 * before it ended. Who is in the middle of an exec shows no environment, and is looked at again.
 */
async function fromProc(): Promise<Array<[number, string]>> {
  const found: Array<[number, string]> = []
  const seen = new Set<number>()
  const deadline = performance.now() + execWithinMs
  for (let looks = 0; ; looks++) {
    const fresh = pids().filter((pid) => !seen.has(pid))
    // Whoever starts others faster than they are looked at would be looked at for ever, and never be ended. A machine that
    // takes the time for one look looks again all the same.
    if (fresh.length === 0 || (looks >= leastLooks && performance.now() > deadline)) return found
    let isLate = false
    for (const pid of fresh) {
      const text = environmentOf(pid)
      const isInExec = text === '' && statOf(pid)?.hasNoEnvironment === false
      isLate ||= isInExec
      if (!isInExec || performance.now() > deadline) seen.add(pid)
      if (text !== null) found.push([pid, text])
    }
    if (isLate) await delay(2)
  }
}

/** Null for one that is gone, or another user's. One that is ending may have no thread but the last that shows it. */
function environmentOf(pid: number): string | null {
  return textAt(`/proc/${pid}/environ`) ?? lastThreadsOf(pid)
}

function lastThreadsOf(pid: number): string | null {
  if (statOf(pid)?.isEnding !== true) return null
  try {
    const texts = readdirSync(`/proc/${pid}/task`).map((task) => textAt(`/proc/${pid}/task/${task}/environ`))
    return texts.find((text) => text !== null && text !== '') ?? null
  } catch {
    // Gone meanwhile.
    return null
  }
}

function textAt(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

/** `e` shows the environment behind the command, `ww` does not cut it; the values of ours hold no blanks. */
async function fromPs(): Promise<Array<[number, string]>> {
  const { stdout } = await run('ps', ['eww', '-axo', 'pid=,command='], { maxBuffer: 64 * 1024 * 1024 })
  return stdout
    .split('\n')
    .map((line): [number, string] => [Number.parseInt(line, 10), line.replaceAll(' ', '\0')])
    .filter(([pid]) => !Number.isNaN(pid))
}

function valueOf(environ: string, name: string): string | null {
  const start = `\0${environ}`.indexOf(`\0${name}=`)
  if (start === -1) return null
  const from = start + name.length + 1
  const end = environ.indexOf('\0', from)
  return environ.slice(from, end === -1 ? undefined : end)
}
