import type { Reply } from './chat.ts'
import type { Form } from './form.ts'
import type { PromptKey } from './ids.ts'
import type { Memo } from './interaction.ts'
import type { Localised, Person } from './person.ts'
import type { Phrases } from './phrases.ts'
import type { Place } from './place.ts'
import type { ActionName } from './right.ts'

/**
 * A slash command as a value: its words, its options, its gate and what it does. Discord's registration follows from
 * the list of these. Features make them (core/feature.ts).
 */
export interface Command {
  /** `['cancel']`, or `['session', 'start']` for a subcommand. */
  readonly path: readonly [string] | readonly [string, string]
  readonly text: Localised<CommandText>
  /** Asked of the gate before anything else, also for autocomplete. */
  readonly right: ActionName
  /** Its usual answer is for the person alone; false: it changes something for all, so all see it. */
  readonly hidden: boolean
  /** A flag among its options: set, its answer is for all. */
  readonly sharedBy?: string
  /** It only looks, and is asked for when little else works: it waits for nothing, not even for being kept. */
  readonly apart?: true
  readonly options: readonly CommandOption[]
  /** It answers with this form, which comes back to the button of that id; then `run` is never called. */
  readonly opens?: { readonly button: string; form(call: Call): Promise<Form | Reply> }
  /** Contract: says no by a reply, never throws for what a person did. */
  run(call: Call): Promise<Reply>
  /** Suggestions for an option with `suggests`, at most 25. */
  complete?(call: Call, option: string, typed: string): Promise<readonly string[]>
}

/** What Discord shows of a command: 100 characters at most each. */
export interface CommandText {
  readonly description: string
  /** By option name. */
  readonly options: Readonly<Record<string, string>>
}

/** One option of a command. */
export interface CommandOption<Name extends string = string> {
  readonly name: Name
  readonly type: 'text' | 'flag' | 'user' | 'place'
  readonly required: boolean
  /** Its values, when only these are allowed (at most 25). */
  readonly choices?: () => readonly { readonly name: string | Localised<string>; readonly value: string }[]
  readonly suggests?: boolean
}

/** An app (a bot) where a person was to be named. */
export interface NamedApp {
  readonly app: string
}

/**
 * What was filled in. A person's roles are those of the guild where they were named; a person or place that nobody knows
 * is ''.
 */
export type OptionValue = string | boolean | Person | Place | NamedApp

/** One use of a command by a person. */
export interface Call {
  /** The interaction's id. */
  readonly key: PromptKey
  readonly person: Person
  readonly place: Place
  readonly options: ReadonlyMap<string, OptionValue>
  /** What all features say alike, in the person's language. */
  readonly say: Phrases
  readonly memo: Memo
}
