import type { Attachment } from './attachment.ts'
import type { EpochMs } from './clock.ts'
import type { MessageId, PromptKey, SessionId } from './ids.ts'
import type { PromptLetter } from './letter.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'
import type { Quotation } from './quotation.ts'
import type { Tier } from './right.ts'

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
  /** What the speaker was when they asked: the run never does more than this tier may. */
  readonly tier: Tier
  readonly attachments: readonly Attachment[]
  /** What was said here before, oldest first, that the agent may know. */
  readonly context: readonly Remark[]
  /** What its message answers, forwards, hangs on or shows. Missing in what earlier versions kept: nothing. */
  readonly quotes?: readonly Quotation[]
  /** Another agent wrote it, for the speaker; left out: a person did. */
  readonly letter?: PromptLetter
}

/** All files that go along with a prompt: its own, and those of what it quotes. */
export function filesOf({ attachments, quotes = [] }: Prompt): readonly Attachment[] {
  return [...attachments, ...quotes.flatMap((quote) => quote.attachments)]
}

/** Something said in a place before a prompt, by somebody who spoke to the bot, or by the bot itself. */
export interface Remark {
  readonly speaker: string
  /** True: the bot said it. */
  readonly own: boolean
  readonly text: string
}

/** Nothing that anybody could see. */
export function isBlank(text: string): boolean {
  return /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]*$/u.test(text)
}

/** Discord lets people write 4,000 characters at most; anything longer did not come from a person. */
export const promptLimit = 16_000
