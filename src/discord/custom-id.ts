import type { FormButton, RunButton } from '../core/chat.ts'
import type { RunId } from '../core/ids.ts'

const stopPrefix = 'omc:stop:'
const steerPrefix = 'omc:steer:'
const askPrefix = 'omc:ask:'

/** What an approval's buttons are, behind its token. */
export type AskVerb = 'yes' | 'session' | 'no' | 'change' | 'send' | 'look' | 'pick' | 'other'

/** The button of a run's part as the custom id that Discord keeps for us (100 characters at most; a run id has 36). */
export function stopId(mark: string): string {
  return stopPrefix + mark
}

/** The button that opens the form for a word to a run at work. */
export function steerId(mark: string): string {
  return steerPrefix + mark
}

/** A button of an approval: 40 characters or so. `at`: positions of a question and an option. */
export function askId(token: string, verb: AskVerb, ...at: readonly number[]): string {
  return [`${askPrefix}${token}`, verb, ...at].join(':')
}

/** Whether a custom id belongs to the sheet with this mark. */
export function isMarked(customId: string, mark: string): boolean {
  return customId === stopId(mark) || customId === steerId(mark) || customId.startsWith(`${askPrefix}${mark}:`)
}

/** The button or select behind a custom id, with the values chosen in a select; null when it is none of ours. */
export function buttonOf(customId: string, values: readonly string[] = []): RunButton | FormButton | null {
  for (const [action, prefix] of [
    ['stop', stopPrefix],
    ['steer', steerPrefix],
  ] as const) {
    if (!customId.startsWith(prefix)) continue
    const run = customId.slice(prefix.length, customId.lastIndexOf('.'))
    return run === '' ? null : { action, run: run as RunId }
  }
  if (!customId.startsWith(askPrefix)) return null
  const [token = '', verb = '', ...at] = customId.slice(askPrefix.length).split(':')
  const [question = 0, ...options] = [...at, ...values].map(Number)
  switch (verb as AskVerb) {
    case 'yes':
      return { action: 'react', token, reaction: { kind: 'approve', lasting: false } }
    case 'session':
      return { action: 'react', token, reaction: { kind: 'approve', lasting: true } }
    case 'send':
      return { action: 'react', token, reaction: { kind: 'send' } }
    case 'pick':
      return { action: 'react', token, reaction: { kind: 'choose', question, options } }
    case 'look':
      return { action: 'look', token }
    case 'no':
      return { action: 'deny', token }
    case 'change':
      return { action: 'change', token }
    case 'other':
      return { action: 'other', token, question }
    default:
      return null
  }
}
