import type { Step } from './script.ts'

/** One server-sent event of an answer; `delta` marks those that a script counts, gates and cuts. */
export interface Frame {
  readonly event: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly delta: boolean
}

export interface AnswerIdentity {
  readonly model: string
  /** Number of the request; ids are derived from it, so they are the same in every recording. */
  readonly number: number
}

interface Block {
  readonly start: Readonly<Record<string, unknown>>
  readonly deltas: readonly Readonly<Record<string, unknown>>[]
  readonly whole: Readonly<Record<string, unknown>>
}

/** The events of a streamed answer, in the order of the Messages API. */
export function frames(step: Step, identity: AnswerIdentity): Frame[] {
  const usage = usageOf(step)
  const frames: Frame[] = [
    plain({
      type: 'message_start',
      message: { ...envelope(identity), content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    }),
  ]
  blocksOf(step, identity).forEach((block, index) => {
    frames.push(plain({ type: 'content_block_start', index, content_block: block.start }))
    for (const delta of block.deltas) frames.push({ event: { type: 'content_block_delta', index, delta }, delta: true })
    frames.push(plain({ type: 'content_block_stop', index }))
  })
  if (step.midError !== undefined) return [...frames, plain({ type: 'error', error: step.midError })]
  return [
    ...frames,
    plain({ type: 'message_delta', delta: { stop_reason: stopReason(step), stop_sequence: null }, usage }),
    plain({ type: 'message_stop' }),
  ]
}

/** The same answer in one piece, for a request without `stream`. */
export function wholeMessage(step: Step, identity: AnswerIdentity): Record<string, unknown> {
  const content = blocksOf(step, identity).map((block) => block.whole)
  return { ...envelope(identity), content, stop_reason: stopReason(step), usage: usageOf(step) }
}

function plain(event: Frame['event']): Frame {
  return { event, delta: false }
}

function envelope({ model, number }: AnswerIdentity): Record<string, unknown> {
  return { id: `msg_scripted_${number}`, type: 'message', role: 'assistant', model, stop_sequence: null }
}

function usageOf(step: Step): Record<string, number> {
  return {
    input_tokens: 100,
    output_tokens: 20,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    ...step.usage,
  }
}

function stopReason(step: Step): string {
  return step.stop_reason ?? (step.tool === undefined && step.tools.length === 0 ? 'end_turn' : 'tool_use')
}

function blocksOf(step: Step, { number }: AnswerIdentity): Block[] {
  const blocks: Block[] = []
  if (step.thinking !== undefined) {
    const { thinking } = step
    const signature = Buffer.from('scripted').toString('base64')
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        { type: 'thinking_delta', thinking },
        { type: 'signature_delta', signature },
      ],
      whole: { type: 'thinking', thinking, signature },
    })
  }
  if (step.text !== undefined) {
    const text = step.text.repeat(step.repeat)
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: pieces(text, step.chunks).map((piece) => ({ type: 'text_delta', text: piece })),
      whole: { type: 'text', text },
    })
  }
  const calls = step.tool === undefined ? step.tools : [{ tool: step.tool, input: step.input }, ...step.tools]
  calls.forEach(({ tool: name, input }, index) => {
    const id = `toolu_scripted_${number}_${index + 1}`
    blocks.push({
      start: { type: 'tool_use', id, name, input: {} },
      deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
      whole: { type: 'tool_use', id, name, input },
    })
  })
  return blocks
}

/** Cuts a text into about equal pieces, between characters and never inside one. */
function pieces(text: string, wanted: number): string[] {
  const characters = Array.from(text)
  const size = Math.max(1, Math.ceil(characters.length / Math.max(1, wanted)))
  const cut: string[] = []
  for (let at = 0; at < characters.length; at += size) cut.push(characters.slice(at, at + size).join(''))
  return cut
}
