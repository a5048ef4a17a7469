import { Transform, type TransformCallback } from 'node:stream'

/**
 * Puts stars in the place of secrets in what comes back: a server that repeats what it was sent (a gateway's error page)
 * must not tell a box the login. As many stars as there were bytes, so that lengths stay true. Holds back only bytes
 * with which a secret may begin.
 */
export class Masking extends Transform {
  readonly #secrets: readonly Buffer[]
  #held: Buffer = Buffer.alloc(0)

  constructor(secrets: readonly string[]) {
    super()
    this.#secrets = secrets.map((each) => Buffer.from(each))
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = Buffer.concat([this.#held, chunk])
    for (const secret of this.#secrets) {
      for (let at = bytes.indexOf(secret); at !== -1; at = bytes.indexOf(secret, at))
        bytes.fill('*', at, at + secret.length)
    }
    const whole = bytes.length - Math.max(0, ...this.#secrets.map((secret) => begun(bytes, secret)))
    this.#held = bytes.subarray(whole)
    done(null, bytes.subarray(0, whole))
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held)
  }
}

/** The same for a line of text. */
export function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)), text)
}

/** How many of the last bytes are the beginning of a secret. */
function begun(bytes: Buffer, secret: Buffer): number {
  for (let length = Math.min(secret.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(secret.subarray(0, length))) return length
  }
  return 0
}
