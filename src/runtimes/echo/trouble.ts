/** A failure of a kind of its own. */
export class ScriptedTrouble extends Error {
  readonly why: 'busy' | 'barred' | 'full'

  constructor(why: 'busy' | 'barred' | 'full', message: string) {
    super(message)
    this.why = why
  }
}

/**
 * Fails as a script wants it: `busy` and `barred` for the first so many times that the prompt is asked, `full` unless the
 * conversation has just begun. `remembered`: all that was asked in it, this prompt included.
 */
export function fail(
  step: { readonly do: 'busy' | 'barred'; readonly times: number } | { readonly do: 'full' },
  prompt: { readonly uuid: string; readonly text: string },
  remembered: readonly { readonly uuid: string; readonly text: string }[],
): void {
  if ('times' in step) {
    if (remembered.filter(({ text }) => text === prompt.text).length <= step.times)
      throw new ScriptedTrouble(step.do, step.do === 'busy' ? 'overloaded' : 'Not logged in')
    return
  }
  const isLong = remembered.some(({ uuid }) => uuid !== prompt.uuid && !uuid.startsWith('before '))
  if (isLong) throw new ScriptedTrouble('full', 'the conversation is full')
}
