import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../core/failure.ts'
import { writeSecret } from '../system/atomic-file.ts'

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const sign = 'sealed:1:'

/**
 * Closes texts with a key that lies beside the database, not in it, and in no backup: whoever has the database alone
 * reads nothing of them. A text is closed for one purpose, and opens for no other.
 */
export class Seal {
  readonly #key: Buffer

  constructor(key: Buffer) {
    this.#key = key
  }

  /**
   * With the key of a data folder, which is made when there is none.
   * @throws {Problem} when what lies there is no key.
   */
  static in(folder: string): Seal {
    return new Seal(readKey(folder) ?? makeKey(folder))
  }

  close(text: string, purpose: string): string {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes })
    cipher.setAAD(Buffer.from(purpose))
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return sign + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
  }

  isClosed(text: string): boolean {
    return text.startsWith(sign)
  }

  /** Null: it was closed with another key, for another purpose, or was changed since. */
  open(closed: string, purpose: string): string | null {
    const bytes = Buffer.from(closed.slice(sign.length), 'base64')
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceBytes), {
        authTagLength: tagBytes,
      })
      decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes))
      const body = bytes.subarray(nonceBytes, -tagBytes)
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    } catch {
      return null
    }
  }
}

/** Its name in the data folder. */
export const keyName = 'identity.key'

function readKey(folder: string): Buffer | null {
  const path = join(folder, keyName)
  try {
    const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
    if (key.length === keyBytes) return key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  const text = `${path} holds no key. Put the right file back, or remove it: what people linked by /identity is lost then.`
  throw new Problem('refused', text)
}

/** On the disk before anything is closed with it: a key that a power cut took would be everybody's. */
function makeKey(folder: string): Buffer {
  const key = randomBytes(keyBytes)
  writeSecret(join(folder, keyName), `${key.toString('base64')}\n`)
  return key
}
