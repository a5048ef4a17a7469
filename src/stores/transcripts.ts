import { mkdir, open, readFile, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionKey } from '../core/ids.ts'
import type { TranscriptLine, Transcripts } from '../core/transcript.ts'

/** A file of more bytes is put aside (`.1` is the latest of those), and the next turn begins a new one. */
const fullAt = 5 * 1024 * 1024
const keptAside = 5

/** `<data>/transcripts/<session key>.jsonl`, for the owner of the data folder alone. */
export class TranscriptFiles implements Transcripts {
  readonly #folder: string
  readonly #fullAt: number
  /** Places whose last turn was written by this process, and wholly: nothing to look for there. */
  readonly #sound = new Set<SessionKey>()

  constructor(dataFolder: string, size = fullAt) {
    this.#folder = join(dataFolder, 'transcripts')
    this.#fullAt = size
  }

  async append(key: SessionKey, line: TranscriptLine): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = this.#path(key)
    if (!this.#sound.has(key) && (await mend(path, line.run))) return
    this.#sound.delete(key)
    if ((await sizeOf(path)) >= this.#fullAt) await this.#putAside(path)
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(`${JSON.stringify(line)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    this.#sound.add(key)
  }

  async read(key: SessionKey, most: number): Promise<{ readonly text: string; readonly cut: boolean } | null> {
    const path = this.#path(key)
    const kept: Buffer[] = []
    let size = 0
    let cut = false
    for (const part of [path, ...Array.from({ length: keptAside }, (_, nth) => `${path}.${nth + 1}`)]) {
      if (cut) break
      const text = await readFile(part).catch(() => null)
      if (text === null) continue
      const share = latest(text, most - size)
      cut = share.length < text.length
      size += share.length
      kept.unshift(share)
    }
    return size === 0 ? null : { text: Buffer.concat(kept).toString('utf8'), cut }
  }

  /** From the oldest on, so that a death in between loses none but the one that is to go. */
  async #putAside(path: string): Promise<void> {
    await rm(`${path}.${keptAside}`, { force: true })
    for (let nth = keptAside - 1; nth > 0; nth--) await renameIfThere(`${path}.${nth}`, `${path}.${nth + 1}`)
    await renameIfThere(path, `${path}.1`)
  }

  #path(key: SessionKey): string {
    return join(this.#folder, `${key}.jsonl`)
  }
}

/** Takes half a line away that a death left at the end. True: the last whole line is that run's already. */
async function mend(path: string, run: string): Promise<boolean> {
  const text = await readFile(path).catch(() => Buffer.alloc(0))
  const end = text.lastIndexOf(10) + 1
  if (end < text.length) {
    await truncate(path, end)
  }
  const from = end < 2 ? 0 : text.lastIndexOf(10, end - 2) + 1
  return text
    .subarray(from, end)
    .toString('utf8')
    .startsWith(`{"run":${JSON.stringify(run)},`)
}

/** The last whole lines that fit. */
function latest(text: Buffer, most: number): Buffer {
  if (text.length <= most) return text
  const line = text.indexOf(10, text.length - most - 1)
  return line === -1 ? text.subarray(text.length) : text.subarray(line + 1)
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  })
}
