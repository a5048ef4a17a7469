import type { Ask, Reaction } from '../../core/ask.ts'
import type { Press } from '../../core/button.ts'
import type { Reply, Shown } from '../../core/chat.ts'
import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { refused } from '../../core/reply.ts'
import { en, ko } from './words.ts'

/**
 * Answering what an agent asks of people (SPEC F7). A button's argument is the approval's token, then the positions of a
 * question and an option. Who may answer is asked for the place of the run, wherever the approval is shown.
 */
export function approvals({ approval, answer, showAsk }: Pick<Doors, 'approval' | 'answer' | 'showAsk'>): Feature {
  const right = 'approval.answer'
  const asksItself = true

  async function react(press: Press, reaction: (at: readonly number[]) => Reaction): Promise<Reply<never> | Shown> {
    const { token, at } = targetOf(press)
    return shown(press, await answer(press.person, token, reaction(at)))
  }

  function shown(press: Press, result: Result<Ask>): Reply<never> | Shown {
    return result.ok ? showAsk(result.value, press.person) : refused(press, result.refusal)
  }

  /** A button that answers as it is pressed. */
  function answers(reaction: (at: readonly number[]) => Reaction) {
    return { right, asksItself, answer: 'in-place', act: (press: Press) => react(press, reaction) } as const
  }

  return feature({
    name: 'approvals',
    rights: { [right]: 'guest' },
    words: { en, ko },
    commands: {},
    buttons: {
      yes: answers(() => ({ kind: 'approve', lasting: false })),
      session: answers(() => ({ kind: 'approve', lasting: true })),
      send: answers(() => ({ kind: 'send' })),
      pick: answers(([question = 0, ...options]) => ({ kind: 'choose', question, options })),
      /** The approval itself, for this person alone. */
      look: {
        right,
        asksItself,
        answer: 'hidden',
        act: async (press) => shown(press, await approval(press.person, targetOf(press).token)),
      },
      no: {
        right,
        asksItself,
        answer: 'in-place',
        async form(press, say) {
          const asked = await approval(press.person, targetOf(press).token)
          return asked.ok ? { ...say.deny, required: false } : refused(press, asked.refusal)
        },
        act: (press) => react(press, () => ({ kind: 'deny', reason: press.text })),
      },
      change: {
        right,
        asksItself,
        answer: 'in-place',
        async form(press, say) {
          const asked = await approval(press.person, targetOf(press).token)
          return asked.ok ? { ...say.change, required: true } : refused(press, asked.refusal)
        },
        act: (press) => react(press, () => ({ kind: 'deny', reason: press.text })),
      },
      other: {
        right,
        asksItself,
        answer: 'in-place',
        async form(press, say) {
          const { token, at } = targetOf(press)
          const asked = await approval(press.person, token)
          if (!asked.ok) return refused(press, asked.refusal)
          const { subject } = asked.value.approval
          const question = subject.kind === 'questions' ? subject.questions[at[0] ?? 0] : undefined
          if (question === undefined) return refused(press, { code: 'approval-over', why: 'unknown' })
          return { ...say.other, label: question.header || question.text, required: true }
        },
        act: (press) => react(press, ([question = 0]) => ({ kind: 'write', question, text: press.text })),
      },
    },
  })
}

/** The approval's token, and positions: those in the id, then those chosen in a select. */
function targetOf({ argument, chosen }: Press): { readonly token: string; readonly at: readonly number[] } {
  const [token = '', ...at] = argument.split(':')
  return { token, at: [...at, ...chosen].map(Number) }
}
