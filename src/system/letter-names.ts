import { createHash } from 'node:crypto'
import type { ChainId, Ids, LetterId } from '../core/ids.ts'

/** Without letters and digits that look alike: people type these. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/** Names a new letter: `L7KX2PQ4`. */
export function newLetterId(ids: Ids): LetterId {
  return `L${shortOf(ids.next())}` as LetterId
}

/** Names a new chain: `C7KX2PQ4`. */
export function newChainId(ids: Ids): ChainId {
  return `C${shortOf(ids.next())}` as ChainId
}

/** 35 bits of it. */
function shortOf(id: string): string {
  const bytes = createHash('sha256').update(id).digest()
  return Array.from(bytes.subarray(0, 7), (byte) => alphabet[byte % alphabet.length]).join('')
}
