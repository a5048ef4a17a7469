import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../core/failure.ts'
import { writeSecret } from './atomic-file.ts'

/** Its name in the data folder of a machine. */
export const machineKeyName = 'machine.key'

const tagBytes = 16
/** Each key closes one text alone, so the nonce need not differ. */
const nonce = Buffer.alloc(12)

/** A question of a machine: what is answered to it nobody else can read, and no answer to another one can take its place. */
export interface SealedQuestion {
  /** Goes with the question. */
  readonly key: string
  /** Null: the answer is not for this question or this purpose, or was changed. */
  open(sealed: string, purpose: string): string | null
}

/**
 * By which a machine is known to the bot, whatever stands in the database: it opens what was sealed for it. The secret half never leaves
 * its data folder; the operator writes the open half (`text`) where the bot is configured.
 */
export class MachineKey {
  readonly text: string
  readonly #secret: KeyObject

  private constructor(secret: KeyObject) {
    this.#secret = secret
    this.text = textOf(createPublicKey(secret))
  }

  /**
   * That of a data folder, which is made when there is none.
   * @throws {Problem} when what lies there is no key.
   */
  static in(folder: string): MachineKey {
    return MachineKey.lookIn(folder) ?? new MachineKey(makeKey(join(folder, machineKeyName)))
  }

  /** The same, but none is made: null, where there is none. */
  static lookIn(folder: string): MachineKey | null {
    const path = join(folder, machineKeyName)
    let kept: string
    try {
      kept = readFileSync(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    try {
      return new MachineKey(secretIn(kept))
    } catch (cause) {
      const text = `${path} holds no key. Put the right file back, or remove it: then OMC_IDENTITY_WORKERS of the bot needs the new one.`
      throw new Problem('refused', text, { cause })
    }
  }

  ask(): SealedQuestion {
    const once = generateKeyPairSync('x25519')
    return {
      key: textOf(once.publicKey),
      open: (sealed, purpose) => {
        const bytes = Buffer.from(sealed, 'base64')
        try {
          const theirs = keyOf(bytes.subarray(0, 32).toString('base64url'))
          const shared = [this.#secret, once.privateKey].map((own) =>
            diffieHellman({ privateKey: own, publicKey: theirs }),
          )
          const decipher = createDecipheriv('aes-256-gcm', closingKey(shared, purpose), nonce, {
            authTagLength: tagBytes,
          })
          decipher.setAuthTag(bytes.subarray(-tagBytes))
          return Buffer.concat([decipher.update(bytes.subarray(32, -tagBytes)), decipher.final()]).toString('utf8')
        } catch {
          return null
        }
      },
    }
  }
}

/**
 * Seals an answer: only the machine with that key opens it, only while it remembers the question, and for that purpose alone.
 * @throws when one of them is no key.
 */
export function sealAnswer(machine: string, question: string, text: string, purpose: string): string {
  const once = generateKeyPairSync('x25519')
  const shared = [machine, question].map((theirs) =>
    diffieHellman({ privateKey: once.privateKey, publicKey: keyOf(theirs) }),
  )
  const cipher = createCipheriv('aes-256-gcm', closingKey(shared, purpose), nonce, { authTagLength: tagBytes })
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from(textOf(once.publicKey), 'base64url'), body, cipher.getAuthTag()]).toString('base64')
}

function closingKey(shared: readonly Buffer[], purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.concat(shared), '', `omc sealed answer 1 ${purpose}`, 32))
}

function textOf(key: KeyObject): string {
  return String(key.export({ format: 'jwk' }).x)
}

function keyOf(text: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: text }, format: 'jwk' })
}

/** Throws when it is none. */
function secretIn(kept: string): KeyObject {
  const secret = createPrivateKey({ key: Buffer.from(kept, 'base64'), format: 'der', type: 'pkcs8' })
  if (secret.asymmetricKeyType !== 'x25519') throw new Error('it is of another kind')
  return secret
}

function makeKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('x25519')
  writeSecret(path, `${privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')}\n`)
  return privateKey
}
