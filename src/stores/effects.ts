import type { Transaction } from 'kysely'
import type { Effect } from '../core/effect.ts'
import { addNote } from './postings.ts'
import type { Tables } from './schema.ts'

/** Keeps what a call of a tool has changed, in the transaction of its answer. */
export async function keepEffects(trx: Transaction<Tables>, effects: readonly Effect[]): Promise<void> {
  for (const { note } of effects) await addNote(trx, note, '')
}
