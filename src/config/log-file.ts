import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, Problem } from '../core/failure.ts'
import { makeFolder } from '../system/make-folder.ts'

const fullAt = 10 * 1024 * 1024

/**
 * A log that is put aside when it is full: `.1` is the latest of those, and no more than `kept` are there. A line is
 * on its way to the disk when `write` returns. What the disk does not take is lost, and the bot works on.
 */
export class LogFile {
  readonly #path: string
  readonly #kept: number
  readonly #fullAt: number
  #file: number
  #size: number

  /** @throws {Problem} `refused`: there can be no such file. */
  constructor(path: string, kept: number, full = fullAt) {
    this.#path = path
    this.#kept = kept
    this.#fullAt = full
    try {
      makeFolder(dirname(path))
      this.#file = this.#open()
    } catch (cause) {
      const text = `The log cannot be written to ${path} (OMC_LOG_FILE): ${messageOf(cause)}.`
      throw new Problem('refused', text, { cause })
    }
    this.#size = fstatSync(this.#file).size
  }

  write(line: string): void {
    try {
      if (this.#size >= this.#fullAt) this.#putAside()
      this.#size += writeSync(this.#file, line)
    } catch {
      // The disk is full, or the file was taken away: said elsewhere (`store.takes-nothing`, /health).
    }
  }

  /** From the oldest on, so that a death in between loses none but the one that is to go. */
  #putAside(): void {
    rmSync(`${this.#path}.${this.#kept}`, { force: true })
    for (let nth = this.#kept - 1; nth > 0; nth--) renameIfThere(`${this.#path}.${nth}`, `${this.#path}.${nth + 1}`)
    renameIfThere(this.#path, `${this.#path}.1`)
    const full = this.#file
    this.#file = this.#open()
    this.#size = fstatSync(this.#file).size
    closeSync(full)
  }

  #open(): number {
    return openSync(this.#path, 'a', 0o600)
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
}
