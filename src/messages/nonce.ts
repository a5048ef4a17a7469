import { createHash } from 'node:crypto'
import type { EpochMs } from '../core/clock.ts'
import type { Owner, Posting } from '../core/message.ts'

/** Discord takes 25 characters. The same for every try, in every life. */
export function nonceOf(owner: Owner, role: string): string {
  return createHash('sha256').update(`${owner} ${role}`).digest('base64url').slice(0, 22)
}

/** The message is no more, and is said again: that is another message. */
export function renewed(posting: Posting, now: EpochMs): Posting {
  const nonce = createHash('sha256').update(`${posting.nonce} ${now}`).digest('base64url').slice(0, 22)
  return { ...posting, nonce, at: null, message: null, postedAt: null, shown: '', plainness: 0, refused: '' }
}
