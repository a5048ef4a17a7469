import { execFile } from 'node:child_process'
import { closeSync, constants, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CommandLine } from '../../core/command-line.ts'
import { Problem } from '../../core/failure.ts'
import type { SessionId } from '../../core/ids.ts'
import { startDetached, watchForeign, type Child, type Death } from './child.ts'
import { endMarked, endSessionOf, markVariables, type Mark } from './marker.ts'
import { writeAtomically } from '../../system/atomic-file.ts'
import { signal, type StartTime } from '../../system/process.ts'
import { openAgain, Tail } from './tail.ts'

const run = promisify(execFile)

/**
 * What the next life has to know about a process; kept beside its streams as `process.json`. Nothing secret is in it.
 */
export interface SpoolRecord {
  readonly runtime: string
  readonly session: SessionId
  /** New for every process of a session, so that a position in an older one's output cannot be mistaken. */
  readonly generation: string
  readonly pid: number
  readonly startTime: StartTime
  readonly startedAt: number
  readonly args: readonly string[]
  /** Digest of everything it was started with: a turn that needs it otherwise needs another process. */
  readonly shape: string
  /** The conversation it was started with. */
  readonly conversation: string
  /** See `Launch`; left out in the records of a version that had no boxes. */
  readonly boxed?: boolean
}

/** Bytes that fit into an empty pipe (64 KiB, pipe(7)), with some room: one write of them is never torn by a death. */
export const wholeWriteBytes = 60_000

/** How long each step of ending a process may take, in ms, before the next, harder one. */
export interface EndGrace {
  /** After the CLI was asked in its own words. */
  readonly asked: number
  /** After SIGINT. */
  readonly interrupted: number
}

/** Bytes of a line of output that are held at most. */
const lineLimit = 16 * 1024 * 1024
/** Of a longer one so much is looked at: enough for what it is, and for which request. */
const headBytes = 64 * 1024

/**
 * A detached process and its streams on disk, in a folder of its own:
 *
 *     stdin         a named pipe that the process itself holds open at both ends: no death of the bot closes it
 *     stdout        a file that only grows: the next life reads on where this one stopped
 *     stderr        a file
 *     process.json  the record
 *
 * There is no end of input on such a pipe: a process ends by its own words, by SIGINT or by SIGKILL.
 */
export class Spool {
  readonly folder: string
  readonly #child: Child
  readonly record: SpoolRecord
  #writer: Socket | null
  #death: Death | null = null

  private constructor(folder: string, child: Child, record: SpoolRecord) {
    this.folder = folder
    this.#child = child
    this.record = record
    this.#writer = openWriter(join(folder, 'stdin'))
    // `died` never rejects.
    child.died.then((death) => {
      this.#death = death
      this.#writer?.destroy()
    }, ignore)
  }

  /** Starts a process on a fresh spool; one that stood in that folder must have ended. @throws {Problem} */
  static async open(
    folder: string,
    command: CommandLine,
    mark: Mark,
    birth: Pick<SpoolRecord, 'generation' | 'shape' | 'conversation' | 'boxed' | 'startedAt'>,
  ): Promise<Spool> {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const pipe = join(folder, 'stdin')
    await run('mkfifo', ['-m', '600', pipe])
    const fds: [number, number, number] = [
      // For reading and writing: the process keeps its own input open, and opening does not wait for a partner.
      openSync(pipe, constants.O_RDWR),
      openSync(join(folder, 'stdout'), 'a', 0o600),
      openSync(join(folder, 'stderr'), 'a', 0o600),
    ]
    try {
      const child = await startDetached({ ...command, env: { ...command.env, ...markVariables(mark) } }, fds)
      const { pid, startTime } = child
      const { runtime, session } = mark
      const record = { ...birth, runtime, session, pid, startTime, args: command.args }
      writeRecord(folder, record)
      return new Spool(folder, child, record)
    } finally {
      for (const fd of fds) closeSync(fd)
    }
  }

  /** Takes up the process in that folder; null when it no longer runs. */
  static async attach(folder: string): Promise<Spool | null> {
    const record = readRecord(folder)
    if (record === null) return null
    const child = await watchForeign(record.pid, record.startTime)
    return child === null ? null : new Spool(folder, child, record)
  }

  get pid(): number {
    return this.#child.pid
  }

  /** How it ended; null while it runs. */
  get death(): Death | null {
    return this.#death
  }

  get died(): Promise<Death> {
    return this.#child.died
  }

  /** Bytes of output so far. */
  get size(): number {
    return sizeOf(this.folder)
  }

  /** Bytes that it takes on disk: what it complained about counts as well. */
  get bulk(): number {
    return this.size + sizeOf(this.folder, 'stderr')
  }

  /**
   * Writes lines, each with its break. Resolves when the system has them all, also when the process has gone: its
   * death is told elsewhere. A process that does not read makes this wait, and nothing else.
   */
  write(...lines: readonly string[]): Promise<void> {
    return new Promise((resolve) => this.#put(lines, resolve))
  }

  /** The same for who does not wait for it. */
  send(...lines: readonly string[]): void {
    this.#put(lines, () => {})
  }

  #put(lines: readonly string[], done: () => void): void {
    const writer = this.#writer
    if (writer === null || writer.destroyed || lines.length === 0) return done()
    writer.write(lines.map((line) => `${line}\n`).join(''), () => done())
  }

  /** Reads its output from a byte on, to the end also after its death. Whoever calls closes it. */
  tail(from: number): Tail {
    const tail = new Tail(join(this.folder, 'stdout'), { from, lineLimit, headBytes })
    this.died.then(() => tail.finish(), ignore)
    return tail
  }

  /** The end of what it wrote to stderr, for a start that failed. */
  complaint(): string {
    return complaintOf(this.folder)
  }

  interrupt(): void {
    if (this.#death === null) signal(this.pid, 'SIGINT')
  }

  /**
   * Ends the process and everything it started: by its own words, then SIGINT, then SIGKILL, then a search for its
   * mark. Never SIGTERM, of which the CLI dies without ending its tools. A box needs no more than one SIGKILL: what is
   * in it hears no other signal from outside, and none of it is left.
   */
  async end(data: string, farewell: readonly string[], grace: EndGrace): Promise<void> {
    if (this.#death === null && farewell.length > 0) {
      this.send(...farewell)
      await this.#diesWithin(grace.asked)
    }
    const isBoxed = this.record.boxed === true
    if (this.#death === null && !isBoxed) {
      this.interrupt()
      await this.#diesWithin(grace.interrupted)
    }
    if (this.#death === null) {
      signal(this.pid, 'SIGKILL')
      await this.#diesWithin(10_000)
    }
    // What is in a box ends with it, a moment later, and holds its files until then.
    if (this.#death !== null) await endSessionOf(this.pid)
    await endMarked(data, ({ session }) => session === this.record.session, 0)
    this.leave()
  }

  /** Closes what we hold of it; the process goes on. */
  leave(): void {
    this.#child.forget()
    this.#writer?.destroy()
    this.#writer = null
  }

  async #diesWithin(ms: number): Promise<void> {
    const deadline = performance.now() + ms
    while (this.#death === null && performance.now() < deadline) {
      await this.#child.look()
      const wait = Promise.withResolvers<void>()
      const timer = setTimeout(wait.resolve, 20)
      await Promise.race([wait.promise, this.#child.died])
      clearTimeout(timer)
    }
  }
}

/** The record in a spool's folder; null when there is none that can be read. */
export function readRecord(folder: string): SpoolRecord | null {
  try {
    return JSON.parse(readFileSync(join(folder, 'process.json'), 'utf8')) as SpoolRecord
  } catch {
    // Killed between making the folder and starting the process, or not ours.
    return null
  }
}

/** Reads the output that a dead process left, from a byte on. Whoever calls closes it. */
export function tailOfDead(folder: string, from: number): Tail {
  const tail = new Tail(join(folder, 'stdout'), { from, lineLimit, headBytes })
  tail.finish()
  return tail
}

export function sizeOf(folder: string, stream: 'stdout' | 'stderr' = 'stdout'): number {
  return statSync(join(folder, stream), { throwIfNoEntry: false })?.size ?? 0
}

/** Only the end is read, however much there is. */
function complaintOf(folder: string): string {
  try {
    const file = openSync(join(folder, 'stderr'), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const end = Buffer.alloc(8192)
      const from = Math.max(0, sizeOf(folder, 'stderr') - end.length)
      return end
        .subarray(0, readSync(file, end, 0, end.length, from))
        .toString('utf8')
        .trim()
        .slice(-2000)
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}

function writeRecord(folder: string, record: SpoolRecord): void {
  writeAtomically(join(folder, 'process.json'), JSON.stringify(record))
}

function ignore(): void {}

/**
 * Our own end of the pipe. Null when nobody reads it any more, that is, when the process has just died, or when an agent
 * keeps it closed to us.
 */
function openWriter(pipe: string): Socket | null {
  try {
    openAgain(pipe)
    const fd = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)
    const writer = new Socket({ fd, readable: false, writable: true })
    // A broken pipe is the death of the process, which is told by `died`.
    writer.on('error', () => {})
    writer.unref()
    return writer
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    if (code === 'ENXIO' || code === 'EACCES') return null
    throw new Problem('wire', `Could not open ${pipe} for writing.`, { cause })
  }
}
