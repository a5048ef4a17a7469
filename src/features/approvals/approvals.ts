import type { Ask, PlainReaction, Reaction } from '../../core/ask.ts'
import type { Press } from '../../core/button.ts'
import type { Reply, Shown } from '../../core/chat.ts'
import type { Result } from '../../core/desk.ts'
import type { Doors } from '../../core/doors.ts'
import { feature, type Feature } from '../../core/feature.ts'
import { formOf } from '../../core/form.ts'
import { refused } from '../../core/reply.ts'
import { en, ko } from './words.ts'

type Needs = Pick<Doors, 'approval' | 'approvals' | 'answer' | 'answerAll' | 'showAsk' | 'showAsks'>

/**
 * Answering what an agent asks of people (SPEC F7). A button's argument is the approval's token, then the positions of a
 * question and an option. Who may answer is asked for the place of the run, wherever the approval is shown.
 */
export function approvals(doors: Needs): Feature {
  const { approval, answer, showAsk, showAsks } = doors
  const right = 'approval.answer'
  const asksItself = true

  async function react(press: Press, reaction: (at: readonly number[]) => Reaction): Promise<Reply<never> | Shown> {
    const { token, at } = targetOf(press)
    return shown(press, await answer(press.person, token, reaction(at)))
  }

  function shown(press: Press, result: Result<Ask>): Reply<never> | Shown {
    return result.ok ? showAsk(result.value, press.person) : refused(press, result.refusal)
  }

  async function reactToAll(press: Press, reaction: PlainReaction): Promise<Reply<never> | Shown> {
    const { token, at } = targetOf(press)
    const answered = await doors.answerAll(press.person, token, at[0] ?? -1, reaction)
    return answered.ok ? showAsks(answered.value, press.person) : refused(press, answered.refusal)
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
      /** Of a list: all that are shown, up to a place in it. */
      all: {
        right,
        asksItself,
        answer: 'in-place',
        act: (press) => reactToAll(press, { kind: 'approve', lasting: false }),
      },
      none: {
        right,
        asksItself,
        answer: 'in-place',
        async form(press, say) {
          const asked = await doors.approvals(press.person, targetOf(press).token)
          return asked.ok ? formOf(say.deny, false) : refused(press, asked.refusal)
        },
        act: (press) => reactToAll(press, { kind: 'deny', reason: press.text }),
      },
      /** One of a list, for this person alone. */
      one: {
        right,
        asksItself,
        answer: 'hidden',
        async act(press) {
          const { token, at } = targetOf(press)
          const asked = await doors.approvals(press.person, token)
          if (!asked.ok) return refused(press, asked.refusal)
          const one = asked.value.find(({ listed }) => listed?.at === at[0])
          if (one === undefined) return refused(press, { code: 'approval-over', why: 'unknown' })
          return shown(press, await approval(press.person, one.token))
        },
      },
      /** The list itself, for this person alone. */
      list: {
        right,
        asksItself,
        answer: 'hidden',
        async act(press) {
          const asked = await doors.approvals(press.person, targetOf(press).token)
          return asked.ok ? showAsks(asked.value, press.person) : refused(press, asked.refusal)
        },
      },
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
          return asked.ok ? formOf(say.deny, false) : refused(press, asked.refusal)
        },
        act: (press) => react(press, () => ({ kind: 'deny', reason: press.text })),
      },
      change: {
        right,
        asksItself,
        answer: 'in-place',
        async form(press, say) {
          const asked = await approval(press.person, targetOf(press).token)
          return asked.ok ? formOf(say.change, true) : refused(press, asked.refusal)
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
          return formOf({ ...say.other, label: question.header || question.text }, true)
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
