import type { PromptKey } from './ids.ts'
import type { Person } from './person.ts'
import type { Place } from './place.ts'

/** A command, button or form that somebody used. `body` is the chat's own, as JSON: only the chat reads it. */
export interface Interaction {
  readonly key: PromptKey
  readonly person: Person
  readonly place: Place
  readonly body: unknown
  /** See `Command.apart`. */
  readonly apart?: true
  /** See `Button.secret`. */
  readonly secret?: true
}

/**
 * What a command notes about itself before it acts, for a second try after a failure or a death: upon what it was about
 * to act, so that it acts upon the same. `/cancel` twice must not stop two runs.
 */
export interface Memo {
  /** What an earlier try noted; null: nothing. */
  read(): string | null
  /** Durable when resolved. */
  keep(value: string): Promise<void>
}
