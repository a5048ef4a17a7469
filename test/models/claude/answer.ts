import type { ModelEvent } from '../events.ts'
import { nothingSpent, spentOn, type Json, type Voice } from './lines.ts'
import type { Call } from './tools.ts'

/** One answer of the model while it comes in, and what the CLI says of it. */
export class Answer {
  readonly blocks: Json[] = []
  readonly calls: Call[] = []
  message: Json | null = null
  /** An error that the service sent in the middle of its stream. */
  broken: string | null = null
  stopReason: string | null = null
  spent = nothingSpent
  /** What the answer cost beside that: of one that came in one piece the turn's own account says nothing. */
  unreported = nothingSpent
  isWhole = false
  requestId = ''
  readonly #voice: Voice
  readonly #acknowledge: () => void
  readonly #begin: (call: Call) => void
  #open: Record<string, unknown> | null = null
  #json = ''

  /** `acknowledge`: says, once, which message this answers. `begin`: a tool is wanted. */
  constructor(voice: Voice, acknowledge: () => void, begin: (call: Call) => void) {
    this.#voice = voice
    this.#acknowledge = acknowledge
    this.#begin = begin
  }

  get text(): string {
    return this.blocks.map((block) => (block['type'] === 'text' ? String(block['text']) : '')).join('')
  }

  take(event: ModelEvent): void {
    switch (event.type) {
      case 'error':
        this.broken = String((event['error'] as Json)['message'])
        return
      case 'message_start':
        this.message = event['message'] as Json
        break
      case 'content_block_start':
        this.#open = { ...(event['content_block'] as Json) }
        this.#json = ''
        break
      case 'content_block_delta':
        this.#grow(event['delta'] as Json)
        break
      case 'content_block_stop':
        this.#close()
        break
      case 'message_delta':
        this.stopReason = String((event['delta'] as Json)['stop_reason'])
        this.spent = spentOn(event['usage'] as Json)
        break
      case 'message_stop':
        this.isWhole = true
        break
    }
    this.#voice.event(event)
  }

  /** An answer that came in one piece, after its stream had been cut. */
  takeWhole(message: Json): void {
    this.message = message
    this.blocks.length = 0
    this.stopReason = String(message['stop_reason'])
    this.unreported = spentOn(message['usage'] as Json)
    for (const block of message['content'] as readonly Json[]) {
      this.blocks.push(block)
      this.#acknowledge()
      this.#voice.assistant({ ...message, usage: this.#voice.usage(this.unreported) }, block, null)
      if (block['type'] === 'tool_use') this.#want(block)
    }
    this.isWhole = true
  }

  /** Says what there is of a block that will never be complete. */
  breakOff(): void {
    this.#acknowledge()
    const open = this.#open
    if (open === null || this.message === null || open['type'] !== 'text' || open['text'] === '') return
    this.blocks.push(open)
    this.#voice.assistant(this.message, open, this.requestId)
  }

  #grow(delta: Json): void {
    const open = this.#open
    if (open === null) return
    for (const name of ['text', 'thinking', 'signature'])
      if (typeof delta[name] === 'string') open[name] = `${(open[name] as string | undefined) ?? ''}${delta[name]}`
    if (typeof delta['partial_json'] === 'string') this.#json += delta['partial_json']
    if (typeof delta['thinking'] === 'string') this.#voice.thinking(Math.ceil(delta['thinking'].length / 4))
  }

  #close(): void {
    const open = this.#open
    this.#open = null
    if (open === null || this.message === null) return
    const block = open['type'] === 'tool_use' ? { ...open, input: inputOf(open['name'], this.#json) } : open
    this.blocks.push(block)
    this.#acknowledge()
    this.#voice.assistant(this.message, block, this.requestId)
    if (block['type'] === 'tool_use') this.#want(block)
  }

  #want(block: Json): void {
    const call = { id: String(block['id']), name: String(block['name']), input: block['input'] as Json }
    this.calls.push(call)
    this.#begin(call)
  }
}

/** The CLI puts in what the model may leave out. */
function inputOf(name: unknown, json: string): Json {
  const input = JSON.parse(json || '{}') as Json
  return name === 'Edit' ? { replace_all: false, ...input } : input
}
