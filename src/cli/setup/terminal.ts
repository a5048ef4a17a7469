import { isCancel, password, select, text } from '@clack/prompts'
import { Problem } from '../../core/failure.ts'
import type { Interviewer } from './interviewer.ts'

/** The person at this terminal. Ctrl+C ends the setup; what was answered until then is kept. */
export const person: Interviewer = {
  isThere: true,
  choose: async ({ text: message, usual }, answers) =>
    given(
      await select({
        message,
        options: answers.map(({ value, label }) => ({ value, label })),
        ...(usual === null ? {} : { initialValue: usual }),
        maxItems: 12,
      }),
    ),
  write: async ({ text: message, usual }) =>
    given(await text({ message, ...(usual === null ? {} : { initialValue: usual, defaultValue: usual }) })),
  writeSecret: async ({ text: message }) => given(await password({ message })),
}

function given(answer: string | symbol): string {
  if (!isCancel(answer) && typeof answer === 'string') return answer.trim()
  throw new Problem('refused', 'Stopped. What you answered so far is in .env; begin again with `setup`.')
}
