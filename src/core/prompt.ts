import type { EpochMs } from './clock.ts'
import type { MessageId, PromptKey, SessionId } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'

/** One request to a session. */
export interface Prompt {
  readonly key: PromptKey
  readonly session: SessionId
  /** Where it was asked and where the answer goes. */
  readonly place: Place
  /** Whose rights the run has. */
  readonly speaker: Person
  readonly text: string
  /** The message the answer replies to; null when the prompt came by a slash command. */
  readonly message: MessageId | null
  readonly askedAt: EpochMs
}

/** Discord lets people write 4,000 characters at most; anything longer did not come from a person. */
export const promptLimit = 16_000
