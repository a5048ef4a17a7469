import type { Ask, Reaction } from '../core/ask.ts'
import type { Chat, Form, FormButton, Reply, RunButton, Sent, Shown } from '../core/chat.ts'
import type { Desk, Result } from '../core/desk.ts'
import type { Person } from '../core/person.ts'
import type { Catalogue } from '../core/phrases.ts'
import type { Place } from '../core/place.ts'

/** The buttons and forms of approvals, and the form for a word to a turn, on their way from Discord to the desk and back. */
export interface AnsweringTools {
  readonly desk: Desk
  readonly chat: Chat
  readonly catalogue: Catalogue
}

export async function press(
  tools: AnsweringTools,
  button: Exclude<RunButton, { action: 'stop' }>,
  person: Person,
): Promise<Reply | Shown> {
  const { desk } = tools
  const result =
    button.action === 'look'
      ? await desk.approval(person, button.token)
      : await desk.answer(person, button.token, button.reaction)
  return told(tools, result, person)
}

/** The gate is asked before anybody writes a reason in vain. */
export async function form(
  tools: AnsweringTools,
  button: FormButton,
  person: Person,
  place: Place,
): Promise<Reply | Form> {
  const say = tools.catalogue[person.locale]
  if (button.action === 'steer') {
    const verdict = await tools.desk.judge(person, 'run.steer', place)
    if (!verdict.allowed) return { text: say.refusal(verdict.refusal), hidden: true }
    return { ...say.steerForm, required: true }
  }
  const asked = await tools.desk.approval(person, button.token)
  if (!asked.ok) return { text: say.refusal(asked.refusal), hidden: true }
  if (button.action === 'deny') return { ...say.approvals.forms.deny, required: false }
  if (button.action === 'change') return { ...say.approvals.forms.change, required: true }
  const { subject } = asked.value.approval
  const question = subject.kind === 'questions' ? subject.questions[button.question] : undefined
  if (question === undefined) return { text: say.refusal({ code: 'approval-over', why: 'unknown' }), hidden: true }
  return { ...say.approvals.forms.other, label: question.header || question.text, required: true }
}

export async function submit(
  tools: AnsweringTools,
  button: FormButton,
  { key, text }: Sent,
  person: Person,
  place: Place,
): Promise<Reply | Shown> {
  if (button.action === 'steer') {
    const say = tools.catalogue[person.locale]
    const steered = await tools.desk.steer(person, place, { key, text })
    if (!steered.ok) return { text: say.refusal(steered.refusal), hidden: true }
    return { text: say.steered(steered.value), hidden: false }
  }
  const reaction: Reaction =
    button.action === 'other' ? { kind: 'write', question: button.question, text } : { kind: 'deny', reason: text }
  return told(tools, await tools.desk.answer(person, button.token, reaction), person)
}

function told({ chat, catalogue }: AnsweringTools, result: Result<Ask>, person: Person): Reply | Shown {
  if (!result.ok) return { text: catalogue[person.locale].refusal(result.refusal), hidden: true }
  const { id, locale } = person
  const drawing = { ask: result.value, role: 'ask', reader: id, locale, mention: null, direct: false } as const
  return { sheet: chat.drawAsk(drawing) }
}
