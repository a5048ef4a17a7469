import type { Decision, Question } from '../core/approval.ts'
import { needsSend, type Ask, type Draft, type Reaction } from '../core/ask.ts'
import type { Refusal } from '../core/failure.ts'

/** What a reaction comes to: a decision, a choice to be kept for later, or a no. */
export type ReactionOutcome =
  | { readonly kind: 'decided'; readonly decision: Decision }
  | { readonly kind: 'drafted'; readonly draft: Draft }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Reads a reaction to an approval. What its buttons could not have meant is refused. Pure. */
export function reactTo(ask: Ask, reaction: Reaction, by: string): ReactionOutcome {
  const { subject } = ask.approval
  const questions = subject.kind === 'questions' ? subject.questions : []
  switch (reaction.kind) {
    case 'deny':
      // The agent reads this: a no without a reason would be tried again in another form.
      return decided({ verdict: 'deny', reason: reaction.reason.trim() || `${by} said no.` })
    case 'approve':
      return subject.kind === 'questions' ? missing(questions[0]) : decided({ verdict: 'approve' })
    case 'choose': {
      const question = questions[reaction.question]
      const labels = reaction.options.flatMap((option) => question?.options[option]?.label ?? [])
      if (question === undefined || labels.length === 0) return missing(question)
      return chosen(ask, question, question.several ? labels : labels.slice(0, 1))
    }
    case 'write': {
      const question = questions[reaction.question]
      const text = reaction.text.trim()
      if (question === undefined || !question.free || text === '') return missing(question)
      const before = question.several ? (ask.draft[question.id] ?? []) : []
      return chosen(ask, question, [...before.filter((each) => each !== text), text])
    }
    case 'send': {
      const open = questions.find(({ id }) => (ask.draft[id] ?? []).length === 0)
      if (open !== undefined || questions.length === 0) return missing(open)
      return decided({ verdict: 'reply', answers: ask.draft })
    }
  }
}

function chosen(ask: Ask, question: Question, labels: readonly string[]): ReactionOutcome {
  const draft = { ...ask.draft, [question.id]: labels }
  return needsSend(ask.approval) ? { kind: 'drafted', draft } : decided({ verdict: 'reply', answers: draft })
}

function decided(decision: Decision): ReactionOutcome {
  return { kind: 'decided', decision }
}

function missing(question: Question | undefined): ReactionOutcome {
  return { kind: 'refused', refusal: { code: 'answer-missing', question: question?.text ?? '' } }
}
