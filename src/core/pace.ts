import type { PlaceId } from './ids.ts'

/** What can be done to a message over there; the other side counts each by itself. */
export type Deed = 'post' | 'edit' | 'remove'

/** What is left of a rate limit now. */
export interface CallBudget {
  /** How many calls it allows when nothing of it is used. */
  readonly limit: number
  /** Calls that may go out now. */
  readonly remaining: number
  /** Until one more may go out, in milliseconds; 0 when all may. */
  readonly nextInMs: number
  /** Until all may, in milliseconds. */
  readonly fullInMs: number
}

/** What a read is for: something that somebody waits for, or one of many that are asked at once. */
export type ReadUrgency = 'asked' | 'many'

/** Nobody counts. */
export const noLimit: CallBudget = { limit: Infinity, remaining: Infinity, nextInMs: 0, fullInMs: 0 }

/** How fast the chat may be written to, and how long what was written can be changed. */
export interface Pace {
  /** What is left of what a place takes of this. */
  budget(place: PlaceId, deed: Deed): CallBudget
  /** What is left for all places together. */
  total(): CallBudget
  /** Something is about to be written there: it counts for the total until its call goes out, or this is disposed of. */
  claim(place: PlaceId, deed: Deed): Disposable
  /** A message older than this is not edited any more. */
  readonly editableForMs: number
  /** How long a nonce certainly protects from a second post. */
  readonly nonceForMs: number
}
