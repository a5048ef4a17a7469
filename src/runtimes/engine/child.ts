import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { CommandLine } from '../../core/command-line.ts'
import { Problem } from '../../core/failure.ts'
import { endSessionOf } from './marker.ts'
import { isAlive, startTimeOf, type StartTime } from '../../system/process.ts'

/** How a process ended; both null when it was not our child, so that nobody told us. */
export interface Death {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process that may have been started by an earlier life of the bot. */
export interface Child {
  readonly pid: number
  readonly startTime: StartTime
  /** Resolves when it has ended. */
  readonly died: Promise<Death>
  /** Looks at once instead of at the next turn of a poll. */
  look(): Promise<void>
  /** Stops waiting for its death; `died` may stay open for ever then. */
  forget(): void
}

/**
 * Starts a process in a session of its own, with exactly three descriptors, that a death of the bot does not touch.
 * @throws {Problem} when it cannot be started.
 */
export async function startDetached(command: CommandLine, fds: readonly [number, number, number]): Promise<Child> {
  const nothing = openSync('/dev/null', 'r')
  const stdio = [...fds, ...coverFor(heritableDescriptors(), nothing)]
  const { cwd, env } = command
  const child = spawn(command.file, command.args, { cwd, env, detached: true, stdio })
  closeSync(nothing)
  const died = new Promise<Death>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => reject(cannotStart(command, cause)))
  })
  // It must not keep the bot from ending: the agent goes on alone.
  child.unref()
  const pid = child.pid as number
  // A child that has ended already is not reaped before its exit event is told, so its entry is still there, a zombie.
  const startTime = (await startTimeOf(pid)) ?? ''
  return { pid, startTime, died, look: () => Promise.resolve(), forget: () => {} }
}

/**
 * Descriptors from 3 on that this process would hand down. Node's own are closed on exec; those that somebody handed
 * to the bot (a shell, a supervisor) are not always, and Node cannot change that. Elsewhere than on Linux libuv asks
 * the system to close everything it did not name.
 */
function heritableDescriptors(): readonly number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fdinfo')
    .map(Number)
    .filter((fd) => fd > 2 && isHeritable(fd))
}

function isHeritable(fd: number): boolean {
  try {
    const [, flags = '0'] = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? []
    return (Number.parseInt(flags, 8) & closeOnExec) === 0
  } catch {
    // The one that listed the folder is closed again.
    return false
  }
}

/** O_CLOEXEC of Linux; Node does not name it. */
const closeOnExec = 0o2000000

/** Entries for stdio from 3 on that put `nothing` in the place of each of these. */
function coverFor(fds: readonly number[], nothing: number): Array<number | 'ignore'> {
  const cover = Array.from({ length: Math.max(2, ...fds) - 2 }, (): number | 'ignore' => 'ignore')
  for (const fd of fds) cover[fd - 3] = nothing
  return cover
}

/** Watches a process that is not our child. Null when it no longer runs. */
export async function watchForeign(pid: number, startTime: StartTime, pollMs = 250): Promise<Child | null> {
  if (!(await isAlive(pid, startTime))) return null
  const over = new AbortController()
  const told = Promise.withResolvers<Death>()
  const look = async (): Promise<void> => {
    if (over.signal.aborted || (await isAlive(pid, startTime))) return
    over.abort()
    told.resolve({ code: null, signal: null })
  }
  poll(look, pollMs, over.signal).catch(() => {})
  return { pid, startTime, died: told.promise, look, forget: () => over.abort() }
}

/** Never rejects: `look` does not, nor does the wait. */
async function poll(look: () => Promise<void>, everyMs: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    await look()
    await delay(everyMs, undefined, { signal: over }).catch(() => {})
  }
}

function cannotStart(command: CommandLine, cause: Error): Problem {
  // Node reports a missing working directory as if the program were missing.
  const what = existsSync(command.cwd) ? command.file : `${command.file} in ${command.cwd}, which does not exist`
  return new Problem('wire', `Could not start ${what}: ${cause.message}`, { cause })
}

/**
 * Runs a program to its end, in a session of its own of which nothing is left afterwards, however it ends: helpers of a
 * sandbox that was just being set up do not always die with who started them.
 * @throws {Error} with its `stderr`, when it fails, takes too long, or the signal fires first.
 */
export async function runInSession(
  { file, args, cwd, env }: CommandLine,
  timeout: number,
  over?: AbortSignal,
): Promise<void> {
  const late = AbortSignal.timeout(timeout)
  const signal = over === undefined ? late : AbortSignal.any([late, over])
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  const told = textOf(child.stderr)
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
    if (code !== 0) throw Object.assign(new Error(`exit code ${code ?? 'unknown'}`), { stderr: await told })
  } finally {
    if (child.pid !== undefined) await endSessionOf(child.pid)
  }
}
