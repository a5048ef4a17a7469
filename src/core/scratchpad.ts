import type { EpochMs } from './clock.ts'
import type { ChainId, SessionId } from './ids.ts'

/** Small notes that agents keep: those of a session, or of a chain, which all of its sessions share. */
export type ScratchpadScope = `session:${SessionId}` | `chain:${ChainId}`

/** One note of a scratchpad. */
export interface ScratchpadNote {
  readonly key: string
  readonly text: string
  /** From 1, one more with each change: whoever changes it says which one they read. */
  readonly version: number
  /** Name of the session that wrote it. */
  readonly by: string
  readonly at: EpochMs
}

/**
 * What a scratchpad holds; small, because agents read it whole. `keys`: with those of notes that were taken away, which
 * stay known so that no version is given twice.
 */
export const scratchpadLimits = { notes: 50, keys: 500, key: 60, text: 4_000 } as const

/** The kept scratchpads; they are changed by `Letters.keep`. Part of the vault door; the same contract. */
export interface Scratchpads {
  /** All notes of one, by key. */
  of(scope: ScratchpadScope): Promise<readonly ScratchpadNote[]>
}
