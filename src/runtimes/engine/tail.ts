import { chmodSync, constants, readSync, watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { setImmediate as turn } from 'node:timers/promises'
import { cutLine } from './cut-line.ts'

export interface TailOptions {
  /** Byte to begin at. */
  readonly from: number
  /** Bytes of a line beyond which it is skipped and never held as a whole. */
  readonly lineLimit: number
  /** So much of the beginning of such a line is looked at, and told as `cutLine` has it; left out: nothing. */
  readonly headBytes?: number
  /** Fallback for file systems that do not tell about changes, in ms. */
  readonly pollMs?: number
}

/** Complete lines that stood in the file. */
export interface Batch {
  readonly lines: readonly TailLine[]
  /** The byte behind the last complete line, skipped ones included. */
  readonly end: number
  /** How many lines were too long. */
  readonly skipped: number
}

export interface TailLine {
  readonly text: string
  /** The byte behind its line break. */
  readonly end: number
}

const newline = 0x0a
const unwatchedPollMs = 25
/** So many reads in a row, then everything else has its turn: whoever writes without an end would hold up all of it. */
const readsInARow = 4

/**
 * Follows a growing file line by line. Pulled: what nobody asks for is not read, however much is written.
 * Whoever makes one closes it.
 */
export class Tail implements AsyncDisposable {
  readonly #path: string
  readonly #lineLimit: number
  readonly #headBytes: number
  #pollMs: number
  readonly #chunk = Buffer.allocUnsafe(256 * 1024)
  #file: FileHandle | null = null
  #watcher: FSWatcher | null = null
  #position: number
  #carry: Buffer[] = []
  #carried = 0
  #isSkipping = false
  /** The beginning of the line that is skipped. */
  #head: Buffer = Buffer.alloc(0)
  #isDirty = true
  #inARow = 0
  #isFinished = false
  #isClosed = false
  #wake: (() => void) | null = null

  constructor(path: string, options: TailOptions) {
    this.#path = path
    this.#position = options.from
    this.#lineLimit = options.lineLimit
    this.#headBytes = options.headBytes ?? 0
    this.#pollMs = options.pollMs ?? 250
  }

  /**
   * The next complete lines, as soon as there are any. Null: the file was finished and is read to its end (a last
   * line without its break is dropped: nobody will complete it), or this was closed. One call at a time.
   */
  async next(): Promise<Batch | null> {
    while (!this.#isClosed) {
      this.#isDirty = false
      // Asked before reading: only what was finished before the read can have been read to its end by it.
      const isLast = this.#isFinished
      const bytesRead = await this.#read()
      if (this.#isClosed) break
      if (bytesRead > 0) {
        const batch = this.#split(this.#chunk.subarray(0, bytesRead))
        if (batch !== null) return batch
        continue
      }
      if (isLast) break
      if (!this.#isDirty && !this.#isFinished) await this.#change()
    }
    await this.close()
    return null
  }

  /** Says that nothing more will be written: `next` gives the rest, then null. */
  finish(): void {
    this.#isFinished = true
    this.#wake?.()
  }

  /** `next` gives null from now on. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake?.()
    this.#watcher?.close()
    this.#watcher = null
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #read(): Promise<number> {
    try {
      const file = (this.#file ??= await this.#open())
      if (++this.#inARow > readsInARow) {
        this.#inARow = 0
        await turn()
        if (this.#isClosed) return 0
      }
      // What was just written is in memory: a trip through the thread pool costs more than the read.
      return readSync(file.fd, this.#chunk, 0, this.#chunk.length, this.#position)
    } catch (error) {
      // Closed meanwhile: nobody wants it any more.
      if (this.#isClosed) return 0
      throw error
    }
  }

  async #open(): Promise<FileHandle> {
    openAgain(this.#path)
    // The watcher first: what is written before it stands is read, what is written after it is told.
    try {
      this.#watcher = watch(this.#path, () => this.#changed())
      this.#watcher.on('error', () => this.#changed())
    } catch {
      // The system's watches are used up (inotify limits are per user, and editors use many): looking often must do.
      this.#pollMs = Math.min(this.#pollMs, unwatchedPollMs)
    }
    // Whoever holds a lease on it, which an agent may, is not waited for.
    try {
      return await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    } catch (error) {
      // The next try makes a watcher of its own.
      this.#watcher?.close()
      this.#watcher = null
      throw error
    }
  }

  #changed(): void {
    this.#isDirty = true
    this.#wake?.()
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        this.#wake = null
        resolve()
      }
      const timer = setTimeout(done, this.#pollMs)
      this.#wake = done
      // Ours may have come between the read and here.
      if (this.#isClosed) done()
    })
  }

  #split(chunk: Buffer): Batch | null {
    const lines: TailLine[] = []
    let skipped = 0
    let end = -1
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      end = this.#position + at + 1
      const rest = chunk.subarray(from, at)
      if (this.#isSkipping || this.#carried + rest.length > this.#lineLimit) {
        skipped++
        if (this.#headBytes > 0) lines.push({ text: cutLine(this.#headWith(rest).toString('utf8')), end })
      } else lines.push({ text: this.#joined(rest), end })
      this.#dropCarry()
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
    this.#position += chunk.length
    return end === -1 ? null : { lines, end, skipped }
  }

  /** Bytes are joined before they are decoded: a character may lie across two chunks. */
  #joined(last: Buffer): string {
    return (this.#carry.length === 0 ? last : Buffer.concat([...this.#carry, last])).toString('utf8')
  }

  #keep(rest: Buffer): void {
    if (rest.length === 0 || this.#isSkipping) return
    if (this.#carried + rest.length > this.#lineLimit) {
      const head = this.#headWith(rest)
      this.#dropCarry()
      this.#head = head
      this.#isSkipping = true
      return
    }
    this.#carry.push(Buffer.from(rest))
    this.#carried += rest.length
  }

  #headWith(rest: Buffer): Buffer {
    if (this.#isSkipping) return this.#head
    return Buffer.concat([...this.#carry, rest], Math.min(this.#headBytes, this.#carried + rest.length))
  }

  #dropCarry(): void {
    this.#carry = []
    this.#head = Buffer.alloc(0)
    this.#carried = 0
    this.#isSkipping = false
  }
}

/** The streams of an agent are its own as well: it can close them to whoever opens them next, and we can take that back. */
export function openAgain(path: string): void {
  try {
    chmodSync(path, 0o600)
  } catch {
    // It is not there, or not ours: opening it says so.
  }
}
