import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelEvent } from '../events.ts'
import { writeAll } from '../mischief.ts'

/** The version whose recordings say what the lines look like. */
export const version = '2.1.197'

export type Json = Readonly<Record<string, unknown>>

const golden = join(import.meta.dirname, '..', '..', 'golden', 'claude', version)

/** A recorded line of that kind: what stands in it and does not matter here is said as it was recorded. */
export function recorded(file: string, isIt: (line: Json) => boolean): Json {
  const lines = readFileSync(join(golden, `${file}.jsonl`), 'utf8')
    .split('\n')
    .slice(0, -1)
  const found = lines.map((line) => JSON.parse(line) as Json).find(isIt)
  if (found === undefined) throw new Error(`There is no such line in ${file}.jsonl.`)
  return found
}

/** The sum of what the model counted. */
export interface Spent {
  readonly input: number
  readonly output: number
  readonly read: number
  readonly created: number
}

export const nothingSpent: Spent = { input: 0, output: 0, read: 0, created: 0 }

/** The usage of an answer, as the model's service says it. */
export function spentOn(usage: Json): Spent {
  const of = (name: string): number => Number(usage[name] ?? 0)
  return {
    input: of('input_tokens'),
    output: of('output_tokens'),
    read: of('cache_read_input_tokens'),
    created: of('cache_creation_input_tokens'),
  }
}

export function sum(...all: readonly Spent[]): Spent {
  const of = (name: keyof Spent): number => all.reduce((before, each) => before + each[name], 0)
  return { input: of('input'), output: of('output'), read: of('read'), created: of('created') }
}

/** Prices of the recorded model, in US dollars. */
function costOf({ input, output, read, created }: Spent): number {
  return (input / 1e6) * 5 + (output / 1e6) * 25 + (read / 1e6) * 0.5 + (created / 1e6) * 6.25
}

export interface Ending {
  readonly turns: number
  readonly stopReason: string | null
  readonly spent: Spent
  /** Of the whole process. */
  readonly total: Spent
  readonly denials: readonly Json[]
}

/** Everything the CLI says, with the keys and in the order of the recordings. */
export class Voice {
  readonly session: string
  readonly #init: Json
  readonly #usage: Json
  readonly #synthetic: Json
  readonly #model: string
  #told = ''

  constructor(session: string, init: { cwd: string; model: string | null; keySource: string; memory: string }) {
    this.session = session
    const was = recorded('text', ({ subtype }) => subtype === 'init')
    this.#model = init.model ?? String(was['model'])
    this.#init = {
      ...was,
      cwd: init.cwd,
      session_id: session,
      model: this.#model,
      apiKeySource: init.keySource,
      memory_paths: { auto: init.memory },
    }
    this.#usage = recorded('text', ({ type }) => type === 'result')['usage'] as Json
    this.#synthetic = recorded('error-401', ({ type }) => type === 'assistant')['message'] as Json
  }

  say(line: object): void {
    writeAll(1, Buffer.from(`${JSON.stringify(line)}\n`))
  }

  state(state: 'running' | 'idle' | 'requires_action'): void {
    this.#system('session_state_changed', { state })
  }

  init(permissionMode: string): void {
    this.say({ ...this.#init, permissionMode, uuid: randomUUID() })
  }

  requesting(): void {
    this.#system('status', { status: 'requesting' })
  }

  mode(permissionMode: string): void {
    this.#system('status', { status: null, permissionMode })
  }

  retry(attempt: number, maxRetries: number, delayMs: number, status: number | null, error: string): void {
    const numbers = { attempt, max_retries: maxRetries, retry_delay_ms: delayMs, error_status: status }
    this.say({
      type: 'system',
      subtype: 'api_retry',
      ...numbers,
      error,
      session_id: this.session,
      uuid: randomUUID(),
    })
  }

  /** What the service says of the login's quota: only when it is something else than before. */
  limit(info: Json): void {
    const told = JSON.stringify(info)
    if (told === this.#told) return
    this.#told = told
    this.say({ type: 'rate_limit_event', rate_limit_info: info, uuid: randomUUID(), session_id: this.session })
  }

  thinking(tokens: number): void {
    this.#system('thinking_tokens', { estimated_tokens: tokens, estimated_tokens_delta: tokens })
  }

  event(event: ModelEvent): void {
    this.say({
      type: 'stream_event',
      event,
      session_id: this.session,
      parent_tool_use_id: null,
      uuid: randomUUID(),
      ...(event.type === 'message_start' ? { ttft_ms: 1 } : {}),
    })
  }

  /** `again`: the CLI had taken this message in before, and does nothing about it. */
  replay(message: Json, uuid: string, again = false): void {
    const moment = again ? {} : { timestamp: new Date().toISOString() }
    const whose = { session_id: this.session, parent_tool_use_id: null, uuid }
    this.say({ type: 'user', message, ...whose, ...moment, isReplay: true })
  }

  /** One block of an answer. `requestId` null: it was not streamed. */
  assistant(message: Json, block: Json, requestId: string | null): void {
    this.say({
      type: 'assistant',
      message: { ...message, content: [block], context_management: null },
      parent_tool_use_id: null,
      session_id: this.session,
      uuid: randomUUID(),
      ...(requestId === null ? {} : { request_id: requestId }),
    })
  }

  /** A failure, dressed as an answer. */
  failure(text: string, error: string, requestId: string | null): void {
    this.say({
      type: 'assistant',
      message: { ...this.#synthetic, id: randomUUID(), content: [{ type: 'text', text }], context_management: null },
      parent_tool_use_id: null,
      session_id: this.session,
      uuid: randomUUID(),
      error,
      ...(requestId === null ? {} : { request_id: requestId }),
    })
  }

  /** A message that the CLI itself puts where the person's stand. */
  user(block: Json, result?: unknown): void {
    this.say({
      type: 'user',
      message: { role: 'user', content: [block] },
      parent_tool_use_id: null,
      session_id: this.session,
      uuid: randomUUID(),
      timestamp: new Date().toISOString(),
      ...(result === undefined ? {} : { tool_use_result: result }),
    })
  }

  response(id: string, response?: unknown): void {
    const inner = { subtype: 'success', request_id: id, ...(response === undefined ? {} : { response }) }
    this.say({ type: 'control_response', response: inner })
  }

  unsupported(id: string, subtype: string): void {
    const error = `Unsupported control request subtype: ${subtype}`
    this.say({ type: 'control_response', response: { subtype: 'error', request_id: id, error } })
  }

  /** The end of a turn that came to its end. */
  success(text: string, { turns, stopReason, spent, total, denials }: Ending): void {
    this.say({
      type: 'result',
      subtype: 'success',
      is_error: false,
      api_error_status: null,
      ...times,
      ...firsts,
      num_turns: turns,
      result: text,
      stop_reason: stopReason,
      ...this.#account(spent, total, denials),
      terminal_reason: 'completed',
      fast_mode_state: 'off',
      uuid: randomUUID(),
    })
  }

  /** The end of a turn that the model's service let down. */
  failed(text: string, status: number | null, { turns, spent, total, denials }: Ending): void {
    this.say({
      type: 'result',
      subtype: 'success',
      is_error: true,
      api_error_status: status,
      ...times,
      num_turns: turns,
      result: text,
      stop_reason: 'stop_sequence',
      ...this.#account(spent, total, denials),
      terminal_reason: 'completed',
      fast_mode_state: 'off',
      uuid: randomUUID(),
    })
  }

  /** The end of a turn that somebody broke off. */
  aborted(reason: 'aborted_streaming' | 'aborted_tools', { turns, stopReason, spent, total, denials }: Ending): void {
    this.say({
      type: 'result',
      subtype: 'error_during_execution',
      ...times,
      is_error: true,
      num_turns: turns,
      stop_reason: stopReason,
      ...this.#account(spent, total, denials),
      terminal_reason: reason,
      fast_mode_state: 'off',
      uuid: randomUUID(),
      errors: [`[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=${stopReason}`],
    })
  }

  /** There is no such conversation to go on with. */
  gone(): void {
    this.say({
      ...recorded('resume-unknown', () => true),
      session_id: this.session,
      uuid: randomUUID(),
      errors: [`No conversation found with session ID: ${this.session}`],
    })
  }

  /** An account of one answer or one turn. */
  usage(spent: Spent): Json {
    return {
      ...this.#usage,
      input_tokens: spent.input,
      cache_creation_input_tokens: spent.created,
      cache_read_input_tokens: spent.read,
      output_tokens: spent.output,
    }
  }

  /** What the process has used by now. */
  spent(total: Spent): Json {
    const { total_cost_usd, modelUsage } = this.#account(total, total, [])
    return { total_cost_usd, total_api_duration_ms: 1, model_usage: modelUsage }
  }

  #account(spent: Spent, total: Spent, denials: readonly Json[]): Json {
    const costUSD = costOf(total)
    const of = {
      inputTokens: total.input,
      outputTokens: total.output,
      cacheReadInputTokens: total.read,
      cacheCreationInputTokens: total.created,
      webSearchRequests: 0,
      costUSD,
      contextWindow: 1_000_000,
      maxOutputTokens: 64_000,
    }
    return {
      session_id: this.session,
      total_cost_usd: costUSD,
      usage: this.usage(spent),
      modelUsage: costUSD === 0 ? {} : { [this.#model]: of },
      permission_denials: denials,
    }
  }

  #system(subtype: string, more: Json): void {
    this.say({ type: 'system', subtype, ...more, uuid: randomUUID(), session_id: this.session })
  }
}

const times = { duration_ms: 1, duration_api_ms: 1 }
const firsts = { ttft_ms: 1, ttft_stream_ms: 1, time_to_request_ms: 1 }
