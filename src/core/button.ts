import type { Reply, Shown } from './chat.ts'
import type { Form } from './form.ts'
import type { PromptKey } from './ids.ts'
import type { Memo } from './interaction.ts'
import type { Person } from './person.ts'
import type { Phrases } from './phrases.ts'
import type { Place } from './place.ts'
import type { ActionName } from './right.ts'

/**
 * A button or a select of a feature. Its id in Discord is `<feature>:<verb>:<argument>` (100 characters at most), so it
 * works for as long as its message stands, whoever restarted meanwhile.
 */
export interface Button {
  /** Asked of the gate before anything else. */
  readonly right: ActionName
  /**
   * The gate is asked by `act` and `form` themselves, because the place that counts is that of what they act on, not
   * the one where it was pressed (a direct message with an owner, say).
   */
  readonly asksItself?: boolean
  /** Where the answer goes: `in-place`: its message shows by itself what came of it, and only a no needs words. */
  readonly answer: 'hidden' | 'for-all' | 'in-place'
  /** What is written into its form is nobody's to read: it is kept sealed until it is worked off. */
  readonly secret?: true
  /** What is filled in before `act`: nothing may go before a form, so this answers within Discord's 3 s. */
  form?(press: Press): Promise<Form | Reply>
  /** Contract: says no by a reply, never throws for what a person did. */
  act(press: Press): Promise<Reply | Shown>
}

/** One use of a button by a person. */
export interface Press {
  /** The interaction's id. */
  readonly key: PromptKey
  readonly person: Person
  readonly place: Place
  /** What stands behind feature and verb in its id. */
  readonly argument: string
  /** What was chosen in a select. */
  readonly chosen: readonly string[]
  /** What was written into the form's field for words; '' without one. */
  readonly text: string
  /** What was written into each field of the form, by its name. */
  readonly written: Readonly<Record<string, string>>
  /** What all features say alike, in the person's language. */
  readonly say: Phrases
  readonly memo: Memo
}

/** A button's id in Discord, taken apart. */
export interface ButtonId {
  readonly feature: string
  readonly verb: string
  readonly argument: string
}

/** A button's id in Discord. */
export function buttonId({ feature, verb, argument }: ButtonId): string {
  return `${feature}:${verb}:${argument}`
}

/** Takes a button's id apart; null: it is none of ours. */
export function parseButtonId(id: string): ButtonId | null {
  const [feature = '', verb = '', ...argument] = id.split(':')
  if (feature === 'omc') return parseOldId(verb, argument)
  return verb === '' || argument.length === 0 ? null : { feature, verb, argument: argument.join(':') }
}

/** Messages of earlier versions stand for years: `omc:stop:<part>`, `omc:steer:<part>`, `omc:ask:<token>:<verb>:…`. */
function parseOldId(kind: string, rest: readonly string[]): ButtonId | null {
  if (kind === 'stop' || kind === 'steer') return { feature: 'runs', verb: kind, argument: rest.join(':') }
  const [token, verb, ...at] = rest
  if (kind !== 'ask' || token === undefined || verb === undefined) return null
  return { feature: 'approvals', verb, argument: [token, ...at].join(':') }
}
