import { createHash } from 'node:crypto'
import { buttonId, type Press } from '../../core/button.ts'
import type { Reply } from '../../core/chat.ts'
import type { Doors } from '../../core/doors.ts'
import { harmless } from '../../core/harmless.ts'
import type { PromptKey } from '../../core/ids.ts'
import { refused, toThem } from '../../core/reply.ts'
import { textIn, type ToolAnswer, type ToolUse } from '../../core/tool.ts'
import { en, ko, type AgentWords } from './words.ts'

/** Between the question and its answer, in a prompt. */
const ending = '\n)\n'
/** Beside "Other…", in one row. */
const optionsUpTo = 4

/** A question that an agent puts to people while it goes on: its answer is a prompt of whoever gives it. */
export async function askHuman({ call, run, session, input }: ToolUse): Promise<ToolAnswer> {
  const { speaker, place } = run.prompt
  const say = { en, ko }[speaker.locale]
  const token = createHash('sha256').update(`${run.run} ${call.id}`).digest('base64url').slice(0, 22)
  const given = Array.isArray(input['options']) ? input['options'] : []
  const options = given.map((each) => harmless(each).replaceAll('\n', ' ')).filter((each) => each !== '')
  const shown = options.slice(0, optionsUpTo)
  const lines = [harmless(textIn({ input }, 'question')), ...options.slice(optionsUpTo).map((each) => `- ${each}`)]
  const quoted = lines.flatMap((line) => line.split('\n')).map((line) => `> ${line}`)
  const buttons = [
    ...shown.map((label, at) => ({ verb: 'pick', argument: `${token}.${at}`, label, style: 'plain' as const })),
    { verb: 'other', argument: `${token}.`, label: say.other, style: 'plain' as const },
  ].map(({ verb, argument, ...look }) => ({ id: buttonId({ feature: 'agents', verb, argument }), ...look }))
  const text = [say.asks(session.name, speaker.id), ...quoted].join('\n')
  const panel = { key: `question:${token}`, place, text, locale: speaker.locale, buttons, mention: speaker.id }
  const answer = 'Asked. The answer comes as a message of its own; end your turn if you have nothing else to do.'
  return { text: answer, failed: false, effects: [{ kind: 'panel', panel }] }
}

/** Answers it: with an option, or in the person's own words. It is asked as that person's prompt, once. */
export async function answerHuman(
  press: Press,
  say: AgentWords,
  { vault, journal, ask, keep }: Pick<Doors, 'vault' | 'journal' | 'ask' | 'keep'>,
): Promise<Reply<never>> {
  const [token = '', nth = ''] = press.argument.split('.')
  const panel = await vault.postings.panel(`question:${token}`)
  const picked = panel?.buttons.find(({ id }) => id.endsWith(`:${press.argument}`))
  if (panel === null || picked === undefined) return { ...toThem(say.over), refused: true }
  const answer = nth === '' ? press.text : picked.label
  const question = panel.text.split('\n').slice(1).join('\n')
  const asked = await ask({
    key: `answer:${token}` as PromptKey,
    place: panel.place,
    speaker: press.person,
    text: `(My answer to what you asked:\n${question}${ending}${answer}`,
    message: null,
  })
  if (asked.kind === 'refused') return refused(press, asked.refusal)
  // Of two at once the first counts; the same one again, after a death, is shown as it was given.
  const { prompt } = (await journal.run(asked.run)) ?? {}
  const given = prompt?.text.split(ending).slice(1).join(ending) ?? answer
  const words = { en, ko }[panel.locale]
  const text = `${panel.text}\n${words.answered(prompt?.speaker.name ?? press.person.name, given)}`
  await keep([{ kind: 'panel', panel: { ...panel, text, buttons: [] } }])
  return prompt?.speaker.id === press.person.id ? toThem(say.passedOn) : { ...toThem(say.over), refused: true }
}
