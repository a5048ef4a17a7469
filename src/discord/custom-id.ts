import { buttonId, parseButtonId } from '../core/button.ts'

/** What an approval's buttons are. */
export type AskVerb = 'yes' | 'session' | 'no' | 'change' | 'send' | 'look' | 'pick' | 'other' | ListVerb
/** What those of a list are. */
type ListVerb = 'all' | 'none' | 'one' | 'list'

/** The button of a run's part as the custom id that Discord keeps for us (100 characters at most; a run id has 36). */
export function stopId(mark: string): string {
  return buttonId({ feature: 'runs', verb: 'stop', argument: mark })
}

/** The button that opens the form for a word to a run at work. */
export function steerId(mark: string): string {
  return buttonId({ feature: 'runs', verb: 'steer', argument: mark })
}

/** A button of an approval: 40 characters or so. `at`: positions of a question and an option. */
export function askId(token: string, verb: AskVerb, ...at: readonly number[]): string {
  return buttonId({ feature: 'approvals', verb, argument: [token, ...at].join(':') })
}

/** Whether a custom id belongs to the rendering with this mark. */
export function isMarked(customId: string, mark: string): boolean {
  const argument = parseButtonId(customId)?.argument
  return argument === mark || argument?.startsWith(`${mark}:`) === true
}
