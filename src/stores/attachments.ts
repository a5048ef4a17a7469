import { createHash, randomUUID, type Hash } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { chmod, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { attachmentLimits, typeOf, type AttachedFile, type Attachment, type Attachments } from '../core/attachment.ts'
import { messageOf, Problem } from '../core/failure.ts'

const incoming = '.incoming-'

/** So many bytes tell the kind of a file. */
const headBytes = 16

/** The folder `attachments` of the data folder: `<sha256>`, read-only; what is still coming in has another name. */
export class FolderAttachments implements Attachments {
  readonly #folder: string

  /** Takes away what an earlier life was still writing when it died. */
  constructor(folder: string) {
    this.#folder = folder
    try {
      for (const name of readdirSync(folder)) if (name.startsWith(incoming)) rmSync(join(folder, name), { force: true })
    } catch {
      // There is no such folder yet, or it cannot be read: `keep` will say so.
    }
  }

  async keep(name: string, source: AsyncIterable<Uint8Array>): Promise<Attachment | 'too-large' | 'unsuitable'> {
    const path = join(this.#folder, `${incoming}${randomUUID()}`)
    try {
      const file = await this.#create(path)
      let kept: Kept | 'too-large'
      try {
        kept = await write(file, source)
      } finally {
        await file.close()
      }
      if (kept === 'too-large' || kept.type === null) return kept === 'too-large' ? kept : 'unsuitable'
      await onDisk(name, () => this.#settle(path, kept.sha256))
      return { sha256: kept.sha256, name, type: kept.type, bytes: kept.bytes }
    } finally {
      await rm(path, { force: true }).catch(() => undefined)
    }
  }

  async locate(attachment: Attachment): Promise<AttachedFile | null> {
    if (!/^[0-9a-f]{64}$/.test(attachment.sha256)) return null
    const path = join(this.#folder, attachment.sha256)
    try {
      const { size } = await stat(path)
      const isWhole = size === attachment.bytes && (await digestOf(path)) === attachment.sha256
      return isWhole ? { ...attachment, path } : null
    } catch {
      return null
    }
  }

  async read(attachment: Attachment): Promise<Uint8Array | null> {
    const located = await this.locate(attachment)
    return located === null ? null : readFile(located.path)
  }

  #create(path: string): Promise<FileHandle> {
    return onDisk('an attachment', () => {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      return open(path, 'wx', 0o600)
    })
  }

  /** The same content may be there already; then the new one takes its place, which nobody can notice. */
  async #settle(path: string, sha256: string): Promise<void> {
    await chmod(path, 0o400)
    await rename(path, join(this.#folder, sha256))
    const folder = await open(this.#folder, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}

interface Kept {
  readonly sha256: string
  readonly bytes: number
  /** Null: nothing that an agent can read. */
  readonly type: string | null
}

async function write(file: FileHandle, source: AsyncIterable<Uint8Array>): Promise<Kept | 'too-large'> {
  const hash: Hash = createHash('sha256')
  const text = new TextWatch()
  let head = Buffer.alloc(0)
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.byteLength
    if (bytes > attachmentLimits.bytes) return 'too-large'
    if (head.byteLength < headBytes) head = Buffer.concat([head, chunk.subarray(0, headBytes)])
    hash.update(chunk)
    text.see(chunk)
    await onDisk('an attachment', () => file.writeFile(chunk))
  }
  await onDisk('an attachment', () => file.sync())
  return { sha256: hash.digest('hex'), bytes, type: typeOf(head) ?? (text.end() ? 'text/plain' : null) }
}

/** Whether everything so far is text: UTF-8 without a zero byte. */
class TextWatch {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  #isText = true

  see(chunk: Uint8Array): void {
    if (this.#isText) this.#isText = !chunk.includes(0) && this.#decodes(chunk)
  }

  end(): boolean {
    return this.#isText && this.#decodes()
  }

  #decodes(chunk?: Uint8Array): boolean {
    try {
      this.#decoder.decode(chunk, { stream: chunk !== undefined })
      return true
    } catch {
      return false
    }
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** What the disk refuses becomes a problem that says so; what the source throws stays what it is. */
async function onDisk<Value>(what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    throw new Problem('wire', `The disk does not take ${what}: ${messageOf(error)}`, { cause: error })
  }
}
