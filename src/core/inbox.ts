import type { ChatMessage } from './chat.ts'
import type { EpochMs } from './clock.ts'
import type { MessageId, PlaceId } from './ids.ts'
import type { Interaction } from './interaction.ts'

/** What came in from people, as it is kept before anything is worked on. */
export type Arrival =
  | { readonly kind: 'message'; readonly message: ChatMessage }
  | { readonly kind: 'edit'; readonly message: ChatMessage }
  | { readonly kind: 'deletion'; readonly messages: readonly MessageId[] }
  | { readonly kind: 'place-gone' }
  | { readonly kind: 'interaction'; readonly interaction: Interaction }

/** An arrival that is kept, and how far it has come. */
export interface KeptArrival {
  /** Made of Discord's own id: the same event again is the same arrival. */
  readonly key: string
  readonly place: PlaceId
  readonly at: EpochMs
  readonly arrival: Arrival
  /** Of an interaction: the person sees that it was heard. */
  readonly acknowledged: boolean
  /** What was noted for the next try (see `Memo`); null: nothing. */
  readonly memo: string | null
}

/**
 * The kept arrivals. Contract as for the vault: durable when resolved, nothing written when rejected, safe to call
 * again.
 */
export interface Arrivals {
  /** Keeps one. False: that key is known, worked off or not. */
  keep(kept: Pick<KeptArrival, 'key' | 'place' | 'at' | 'arrival'>): Promise<boolean>
  /** The person was told that it was heard. */
  acknowledged(key: string): Promise<void>
  note(key: string, memo: string): Promise<void>
  /**
   * It is worked off. Its key is remembered for a while, its content is not. `patiently`: with whatever is written next,
   * for nobody waits for it.
   */
  done(key: string, at: EpochMs, patiently: boolean): Promise<void>
  /** What is not worked off, in the order in which it was kept. */
  open(): Promise<readonly KeptArrival[]>
  /** Forgets the keys of what was worked off before that. */
  forget(before: EpochMs): Promise<void>
}
