import { z } from 'zod'
import type { LastPrompt } from './conversation.ts'
import type { Step } from './script.ts'
import type { AnswerIdentity, Frame } from './stream.ts'

/** What a Responses API request says, as far as the scripted model reads it. Everything else is let through. */

const part = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  encrypted_content: z.string().optional(),
})

const item = z.looseObject({
  type: z.string().default('message'),
  role: z.string().optional(),
  content: z.union([z.string(), z.array(part)]).optional(),
})

export const responsesRequest = z.looseObject({
  model: z.string().default('gpt-scripted'),
  input: z.array(item),
  prompt_cache_key: z.string().optional(),
})

export type Item = z.output<typeof item>

/** Texts in a user message that no person wrote: what the CLI adds and the notes that our client puts beside a prompt. */
export function isCodexHostText(text: string): boolean {
  return /^\s*(<[a-z_]+>|# AGENTS\.md|\((Discord|Letter) |\(The bot: (?!letter|task))/.test(text)
}

/** The latest text of a person, and how many answers the model has given since: each may be several items. */
export function lastPromptOf(input: readonly Item[], isHost: (text: string) => boolean): LastPrompt {
  let answers = 0
  let wasModel = false
  for (const each of input.toReversed()) {
    const isMessage = each.type === 'agent_message' || (each.type === 'message' && each.role !== 'assistant')
    const isModel = !(each.type.endsWith('_output') || isMessage)
    if (isModel && !wasModel) answers++
    wasModel = isModel
    const task = taskOf(each)
    if (task !== undefined) return { text: task, answers }
    if (each.type !== 'message' || each.role !== 'user') continue
    const text = texts(each).findLast((text) => !isHost(text))
    if (text !== undefined) return { text, answers }
  }
  return { text: '', answers }
}

function texts({ content }: Item): string[] {
  if (typeof content === 'string') return [content]
  return (content ?? []).flatMap(({ text }) => (text === undefined ? [] : [text]))
}

/** What came with a request, an item in a few words. */
export function inShort(body: unknown): string {
  const { input } = responsesRequest.parse(body)
  return input.map((each) => `${each.role ?? each.type} ${JSON.stringify(texts(each)).slice(0, 60)}`).join('; ')
}

/** What an agent has given its helper to do. */
function taskOf({ type, content }: Item): string | undefined {
  if (type !== 'agent_message' || !Array.isArray(content) || content[0]?.text?.includes('NEW_TASK') !== true) return
  return content.find(({ encrypted_content }) => encrypted_content !== undefined)?.encrypted_content
}

/** The events of a streamed answer, in the order of the Responses API. */
export function responseFrames(step: Step, { model, number }: AnswerIdentity): Frame[] {
  const id = `resp_scripted_${number}`
  const items: object[] = []
  const frames: Frame[] = [plain({ type: 'response.created', response: { id, model, status: 'in_progress' } })]
  const add = (item: object, deltas: readonly Frame[] = [], begun: object = item): void => {
    const output_index = items.length
    items.push(item)
    frames.push(plain({ type: 'response.output_item.added', output_index, item: begun }), ...deltas)
    frames.push(plain({ type: 'response.output_item.done', output_index, item }))
  }
  if (step.thinking !== undefined) {
    const summary = [{ type: 'summary_text', text: step.thinking }]
    add({ type: 'reasoning', id: `rs_scripted_${number}`, summary, encrypted_content: null })
  }
  if (step.text !== undefined) {
    const text = step.text.repeat(step.repeat)
    const message = { type: 'message', id: `msg_scripted_${number}`, role: 'assistant' }
    const deltas = pieces(text, step.chunks).map((delta): Frame => {
      const where = { item_id: message.id, output_index: items.length, content_index: 0 }
      return { event: { type: 'response.output_text.delta', ...where, delta }, delta: true }
    })
    const content = [{ type: 'output_text', text, annotations: [] }]
    add({ ...message, content }, deltas, { ...message, content: [] })
  }
  const calls = step.tool === undefined ? step.tools : [{ tool: step.tool, input: step.input }, ...step.tools]
  calls.forEach(({ tool, input }, index) => {
    // `space.name`: a tool of a namespace, as those of an MCP server are.
    const [name = '', namespace] = tool.split('.').toReversed()
    const call_id = `call_scripted_${number}_${index + 1}`
    // A tool with a free-form input takes it as a text, not as JSON.
    const raw = input['raw']
    if (typeof raw === 'string') add({ type: 'custom_tool_call', id: `ctc_${call_id}`, call_id, name, input: raw })
    else add({ type: 'function_call', id: `fc_${call_id}`, call_id, name, namespace, arguments: JSON.stringify(input) })
  })
  if (step.midError !== undefined) {
    const error = { code: step.midError.type, message: step.midError.message }
    return [...frames, plain({ type: 'response.failed', response: { id, status: 'failed', error } })]
  }
  const { input_tokens = 100, output_tokens = 20 } = step.usage
  const usage = {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  }
  return [
    ...frames,
    plain({ type: 'response.completed', response: { id, model, status: 'completed', output: items, usage } }),
  ]
}

function plain(event: Frame['event']): Frame {
  return { event, delta: false }
}

/** Cuts a text into about equal pieces, between characters and never inside one. */
function pieces(text: string, wanted: number): string[] {
  const characters = Array.from(text)
  const size = Math.max(1, Math.ceil(characters.length / Math.max(1, wanted)))
  const cut: string[] = []
  for (let at = 0; at < characters.length; at += size) cut.push(characters.slice(at, at + size).join(''))
  return cut
}
