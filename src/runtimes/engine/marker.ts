import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Environment } from '../../core/command-line.ts'
import { Problem } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import { signal } from '../../system/process.ts'

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

/** Every process, but this one, that carries a mark of that data folder. */
export async function findMarked(data: string): Promise<readonly Marked[]> {
  const environments = process.platform === 'linux' ? fromProc() : await fromPs()
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
  const deadline = Date.now() + graceMs
  const find = async (): Promise<readonly Marked[]> => (await findMarked(data)).filter(choose)
  const helpers = new Map<number, string>()
  for (let round = 0; round < 200; round++) {
    const left = await find()
    for (const [pid, born] of helpersOf(left.map(({ pid }) => pid))) helpers.set(pid, born)
    if (left.length === 0) {
      await endHelpers(helpers)
      return ended.size
    }
    const gentle = Date.now() < deadline
    for (const { pid } of left) {
      if (!gentle || !ended.has(pid)) signal(pid, gentle ? 'SIGINT' : 'SIGKILL')
      ended.add(pid)
    }
    await delay(25)
  }
  const left = (await find()).map(({ pid }) => pid)
  if (left.length === 0) return ended.size
  throw new Problem('wire', `Processes ${left.join(', ')} do not end, not even by SIGKILL. End them by hand.`)
}

/**
 * What the marked processes have started that bears no mark (the sandbox of Codex clears it away), with the moment of
 * each one's birth: by then a number may be another's.
 */
function helpersOf(marked: readonly number[]): ReadonlyMap<number, string> {
  if (process.platform !== 'linux' || marked.length === 0) return new Map()
  const all = new Map(pids().flatMap((pid) => (pid === process.pid ? [] : [[pid, statOf(pid)] as const])))
  const family = new Set(marked)
  for (let size = 0; size < family.size;) {
    size = family.size
    for (const [pid, stat] of all) if (stat !== null && family.has(stat.parent)) family.add(pid)
  }
  for (const pid of marked) family.delete(pid)
  return new Map([...family].map((pid) => [pid, all.get(pid)?.born ?? '']))
}

async function endHelpers(helpers: ReadonlyMap<number, string>): Promise<void> {
  for (let round = 0; round < 40; round++) {
    const left = [...helpers].filter(([pid, born]) => statOf(pid)?.born === born)
    if (left.length === 0) return
    for (const [pid] of left) signal(pid, 'SIGKILL')
    await delay(25)
  }
}

/**
 * Ends what is left in the session of a process that has just ended (its own: it was started detached). A CLI's helpers
 * may bear no mark, and one that was just being started does not always die with its parent.
 */
export async function endSessionOf(leader: number): Promise<void> {
  if (process.platform !== 'linux') return
  for (let round = 0; round < 40; round++) {
    const left = pids().filter((pid) => pid !== leader && sessionOf(pid) === leader)
    if (left.length === 0) return
    for (const pid of left) signal(pid, 'SIGKILL')
    await delay(25)
  }
}

function sessionOf(pid: number): number | null {
  return statOf(pid)?.session ?? null
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; null for one that has ended. */
function statOf(pid: number): { readonly parent: number; readonly session: number; readonly born: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state, parent, , session] = fields
    const born = fields[19] ?? ''
    return state === 'Z' || state === 'X' ? null : { parent: Number(parent), session: Number(session), born }
  } catch {
    // Gone meanwhile.
    return null
  }
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function fromProc(): Array<[number, string]> {
  return pids().flatMap((pid): Array<[number, string]> => {
    try {
      return [[pid, readFileSync(`/proc/${pid}/environ`, 'latin1')]]
    } catch {
      // Another user's, or gone meanwhile.
      return []
    }
  })
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
