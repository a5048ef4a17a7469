import type { Steered, Wait } from './desk.ts'

/** What is said about the queue. Part of the phrases. */
export interface QueuePhrases {
  /** Everything of one person that waits, with links; one message. */
  waits(waits: readonly Wait[]): string
  /** What became of a word to a running turn, for all to see. */
  steered(steered: Steered): string
  /** The form for such a word (45 characters at most for a title or label, 100 for a placeholder). */
  readonly steerForm: { readonly title: string; readonly label: string; readonly placeholder: string }
}
