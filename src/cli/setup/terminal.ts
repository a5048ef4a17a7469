import { isCancel, password, select, text } from '@clack/prompts'
import { Problem } from '../../core/failure.ts'
import type { Interviewer } from './interviewer.ts'

/** The person at this terminal. Ctrl+C and Ctrl+D end the setup; what was answered until then is kept. */
export const person: Interviewer = {
  isThere: true,
  choose: ({ text: message, usual }, answers) =>
    given(
      select({
        message,
        options: answers.map(({ value, label }) => ({ value, label })),
        ...(usual === null ? {} : { initialValue: usual }),
        maxItems: 12,
      }),
    ),
  write: ({ text: message, usual }) =>
    given(text({ message, ...(usual === null ? {} : { initialValue: usual, defaultValue: usual }) })),
  writeSecret: ({ text: message }) => given(password({ message })),
}

/** Where the input has ended, nobody ever answers, and nothing else keeps the process: then it is as if it was cancelled. */
async function given(asking: Promise<string | symbol>): Promise<string> {
  const over = Promise.withResolvers<null>()
  const end = (): void => over.resolve(null)
  process.once('beforeExit', end)
  try {
    const answer = await Promise.race([asking, over.promise])
    if (answer !== null && !isCancel(answer) && typeof answer === 'string') return answer.trim()
  } finally {
    process.off('beforeExit', end)
  }
  throw new Problem('refused', 'Stopped. What you answered so far is in .env; begin again with `setup`.')
}
