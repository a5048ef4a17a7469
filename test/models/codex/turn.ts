import { randomUUID } from 'node:crypto'
import { setImmediate, setTimeout as delay } from 'node:timers/promises'
import { askModel, ModelRefusal, type ModelEvent } from '../events.ts'
import type { Mischief } from '../mischief.ts'
import { Asks } from './asks.ts'
import {
  agentMessage,
  begun,
  completed,
  notice,
  recordedNotice,
  reply,
  turnOf,
  userMessage,
  type Json,
  type TurnFacts,
} from './lines.ts'
import { outputTypeOf } from './rollout.ts'
import type { Thread } from './thread.ts'
import { cancelled, use, type Told } from './tools.ts'

// Not by an import: see events.ts.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** What all turns of a server share. */
export interface Ground {
  /** Base URL of the model's service. */
  readonly url: string
  readonly key: string
  readonly mischief: Mischief
  readonly asks: Asks
}

interface Input {
  readonly clientId: string | null
  readonly content: readonly Json[]
}

interface Call {
  readonly call: Json
  /** What the model is told; null: nothing, because the turn was broken off. */
  readonly output: Promise<string | null>
}

/** One turn: from a message to `turn/completed`. */
export class Turn {
  readonly id = randomUUID()
  readonly #ground: Ground
  readonly #thread: Thread
  readonly #interrupted = new AbortController()
  readonly #startedAt = Date.now()
  /** Requests to interrupt that are answered when it has ended. */
  readonly #stops: unknown[] = []
  readonly #steered: Input[] = []
  #sampling = new AbortController()
  #calls: Call[] = []
  /** The message that streams. */
  #message: Json | null = null
  #said: Json | null = null

  constructor(ground: Ground, thread: Thread) {
    this.#ground = ground
    this.#thread = thread
  }

  get facts(): TurnFacts {
    return { id: this.id, status: 'inProgress', error: null, startedAt: null, completedAt: null, message: null }
  }

  /** The item of the message that streams; for a flood of its pieces. */
  get streaming(): string {
    return String(this.#message?.['id'])
  }

  interrupt(id: unknown): void {
    this.#stops.push(id)
    this.#interrupted.abort()
    this.#sampling.abort()
  }

  steer(input: Input): void {
    this.#steered.push(input)
    // A message in the middle is given up; a tool is waited for.
    if (this.#message !== null) this.#sampling.abort()
  }

  async run(input: Input): Promise<void> {
    const { mischief, asks } = this.#ground
    const thread = this.#thread
    await setImmediate()
    thread.active()
    notice('turn/started', { threadId: thread.id, turn: turnOf({ ...this.facts, startedAt: this.#startedAt }) })
    this.#hear(input)
    await mischief.at('prompt')
    let error: Json | null = null
    for (;;) {
      error = await this.#sample()
      if (error !== null || this.#interrupted.signal.aborted) break
      const isOver = this.#calls.length === 0 && this.#steered.length === 0
      await this.#finishCalls()
      if (this.#interrupted.signal.aborted) break
      this.#tellUsage()
      if (isOver) break
      for (const steered of this.#steered.splice(0)) this.#hear(steered)
    }
    if (this.#interrupted.signal.aborted) this.#tellUsage()
    for (const id of this.#stops.splice(0)) reply(id, {})
    await mischief.at('result')
    this.#end(error)
    asks.forget(thread.id)
    await mischief.at('rest')
  }

  #hear({ clientId, content }: Input): void {
    const { id } = this.#thread
    const item = userMessage(clientId, content)
    completed(id, this.id, begun(id, this.id, item))
    const parts = content.map(({ text }) => ({ type: 'input_text', text }))
    this.#thread.add({ type: 'message', role: 'user', content: parts })
  }

  /** Asks the model until it has answered; gives what went wrong when it did not. */
  async #sample(): Promise<Json | null> {
    const { url } = this.#ground
    for (let attempt = 1; ; attempt++) {
      this.#sampling = new AbortController()
      if (this.#interrupted.signal.aborted) return null
      try {
        await this.#listen()
        return null
      } catch (cause) {
        if (this.#sampling.signal.aborted) {
          this.#message = null
          return null
        }
        const trouble = troubleOf(cause, url)
        if (trouble.final !== null && (trouble.isFinal || attempt > 5)) return this.#fail(trouble.final)
        this.#complain(
          {
            message: `Reconnecting... ${attempt}/5`,
            codexErrorInfo: { responseStreamDisconnected: { httpStatusCode: trouble.status } },
            additionalDetails: trouble.detail,
            misalignment: null,
          },
          true,
        )
        await delay(10)
      }
    }
  }

  async #listen(): Promise<void> {
    const { url, key, mischief } = this.#ground
    const { facts, items } = this.#thread
    const body = { model: facts.model, input: items, prompt_cache_key: facts.id, stream: true }
    const headers = { authorization: `Bearer ${key}` }
    const { events } = await askModel(`${url}/responses`, headers, body, this.#sampling.signal)
    for await (const event of events) {
      this.#sampling.signal.throwIfAborted()
      if (this.#take(event)) return
      if (event.type === 'response.output_text.delta') await mischief.at('delta')
    }
    throw new Error('stream closed before response.completed')
  }

  /** Gives whether it was the last one. */
  #take(event: ModelEvent): boolean {
    const thread = this.#thread
    const where = { threadId: thread.id, turnId: this.id }
    switch (event.type) {
      case 'response.output_item.added': {
        const item = event['item'] as Json
        if (item['type'] === 'message') this.#message = begun(thread.id, this.id, agentMessage(String(item['id']), ''))
        return false
      }
      case 'response.output_text.delta':
        notice('item/agentMessage/delta', { ...where, itemId: event['item_id'], delta: event['delta'] })
        return false
      case 'response.output_item.done':
        this.#takeItem(event['item'] as Json)
        return false
      case 'response.failed': {
        const { error } = event['response'] as { error: { code: string; message: string } }
        throw new ModelRefusal(0, error.code, error.message, '')
      }
      case 'response.completed': {
        const { usage } = event['response'] as { usage: { input_tokens: number; output_tokens: number } }
        thread.count({ input: usage.input_tokens, output: usage.output_tokens })
        return true
      }
      default:
        return false
    }
  }

  #takeItem(item: Json): void {
    const thread = this.#thread
    if (item['type'] === 'message') {
      const text = (item['content'] as readonly Json[]).map((part) => String(part['text'])).join('')
      this.#said = completed(thread.id, this.id, { ...this.#message, text })
      this.#message = null
      thread.add({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })
    } else if (item['call_id'] !== undefined) {
      thread.add(item)
      const { mischief, asks } = this.#ground
      const output = use(item, { thread, turn: this.id, asks, mischief, signal: this.#interrupted.signal })
      this.#calls.push({ call: item, output: output.then((each) => this.#decided(each)) })
    }
  }

  /** A person can break the whole turn off instead of answering. */
  #decided(output: Told): string | null {
    if (output !== cancelled) return output
    this.#interrupted.abort()
    return null
  }

  async #finishCalls(): Promise<void> {
    for (const { call, output } of this.#calls.splice(0)) {
      const told = await Promise.race([output, aborted(this.#interrupted.signal)])
      this.#thread.add({ type: outputTypeOf(call), call_id: call['call_id'], output: told ?? 'aborted' })
    }
  }

  #tellUsage(): void {
    this.#thread.tellUsage(this.id)
    recordedNotice('text', 'account/rateLimits/updated', this.#thread.id)
  }

  #fail(error: Json): Json {
    if (error['codexErrorInfo'] === 'usageLimitExceeded') this.#tellUsage()
    this.#thread.status({ type: 'systemError' })
    this.#complain(error, false)
    return error
  }

  #complain(error: Json, willRetry: boolean): void {
    notice('error', { error, willRetry, threadId: this.#thread.id, turnId: this.id })
  }

  #end(error: Json | null): void {
    const thread = this.#thread
    const isInterrupted = this.#interrupted.signal.aborted
    const status = isInterrupted ? 'interrupted' : error === null ? 'completed' : 'failed'
    if (!isInterrupted)
      recordedNotice('text', 'thread/readState/changed', thread.id, {
        readState: { firstUnread: { type: 'turn', turnId: this.id }, revision: randomUUID() },
      })
    if (error === null) thread.status({ type: 'idle' })
    const message = status === 'completed' ? this.#said : null
    const facts = { id: this.id, status, error, startedAt: this.#startedAt, completedAt: Date.now(), message } as const
    notice('turn/completed', { threadId: thread.id, turn: turnOf(facts) })
  }
}

/** A failure of the model's service, in the server's words (facts/codex-cli.md section 6). */
function troubleOf(
  cause: unknown,
  url: string,
): { readonly detail: string; readonly status: number | null; readonly isFinal: boolean; readonly final: Json | null } {
  const of = (message: string, codexErrorInfo: unknown): Json => ({
    message,
    codexErrorInfo,
    additionalDetails: null,
    misalignment: null,
  })
  if (!(cause instanceof ModelRefusal)) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    return { detail, status: null, isFinal: false, final: of(detail, 'other') }
  }
  const { status, type, message, requestId } = cause
  const detail = `unexpected status ${status} ${STATUS_CODES[status] ?? ''}: ${message}, url: ${url}/responses, request id: ${requestId}`
  const at = { httpStatusCode: status }
  if (type === 'usage_limit_reached')
    return {
      detail,
      status,
      isFinal: true,
      final: of('You’ve hit your usage limit. Try again later.', 'usageLimitExceeded'),
    }
  if (status === 0 || status === 400) return { detail, status, isFinal: true, final: of(message, 'other') }
  const info = status === 429 ? { responseTooManyFailedAttempts: at } : { httpConnectionFailed: at }
  return { detail, status, isFinal: false, final: of(detail, info) }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}
