import { randomUUID } from 'node:crypto'
import type { Json, Voice } from './lines.ts'
import { interruption, requestOf, type Bench, type Call } from './tools.ts'

/** What a person answered, or that nobody will. */
export type Leave = { readonly input: Json } | { readonly refused: string; readonly interrupts: boolean }

/** The questions of a turn about its tools: one stands open at a time. */
export class Leaves {
  readonly denials: Json[] = []
  wasWithdrawn = false
  readonly #voice: Voice
  readonly #bench: Bench
  readonly #open = new Map<string, (answer: Json) => void>()
  readonly #points = new Map<string, (goesOn: boolean) => void>()
  #before: Promise<unknown> | null = null

  constructor(voice: Voice, bench: Bench) {
    this.#voice = voice
    this.#bench = bench
  }

  /** Asks at once when no other question stands open. */
  ask(call: Call): Promise<Leave> {
    const asked = this.#before === null ? this.#ask(call) : this.#before.then(() => this.#ask(call))
    this.#before = asked
    return asked
  }

  async #ask(call: Call): Promise<Leave> {
    const id = randomUUID()
    this.#voice.state('requires_action')
    this.#voice.say({ type: 'control_request', request_id: id, request: requestOf(call, this.#bench) })
    const answer = await new Promise<Json>((resolve) => this.#open.set(id, resolve))
    if (answer['behavior'] === 'allow' && typeof answer['updatedInput'] === 'object')
      return { input: answer['updatedInput'] as Json }
    this.denials.push({ tool_name: call.name, tool_use_id: call.id, tool_input: call.input })
    if (answer['behavior'] !== 'deny') return { refused: 'Tool permission request failed: ZodError', interrupts: false }
    return { refused: String(answer['message']), interrupts: answer['interrupt'] === true }
  }

  /** Stands still before a tool until the host lets it on. Gives false when it never does. */
  point({ id: toolUse, name, input }: Call): Promise<boolean> {
    const id = randomUUID()
    const event = { hook_event_name: 'PreToolUse', tool_name: name, tool_input: input, tool_use_id: toolUse }
    const request = { subtype: 'hook_callback', callback_id: 'money', input: event, tool_use_id: toolUse }
    this.#voice.say({ type: 'control_request', request_id: id, request })
    return new Promise((resolve) => this.#points.set(id, resolve))
  }

  /** Takes an answer; one to a question that is not open is ignored. */
  answer(line: Json): void {
    const { request_id: id, response } = line['response'] as Json
    this.#points.get(String(id))?.(true)
    this.#points.delete(String(id))
    const resolve = this.#open.get(String(id))
    if (resolve === undefined) return
    this.#open.delete(String(id))
    const answer = (response ?? {}) as Json
    for (const update of (answer['updatedPermissions'] ?? []) as readonly Json[]) {
      if (update['type'] !== 'setMode') continue
      this.#bench.mode = String(update['mode'])
      this.#voice.mode(this.#bench.mode)
    }
    this.#voice.state('running')
    this.#voice.say(line)
    resolve(answer)
  }

  /** Takes every open question back. */
  withdraw(): void {
    for (const [id, resolve] of this.#points) {
      this.#voice.say({ type: 'control_cancel_request', request_id: id })
      resolve(false)
    }
    this.#points.clear()
    const open = [...this.#open]
    this.#open.clear()
    this.wasWithdrawn = open.length > 0
    for (const [id, resolve] of open) {
      this.#voice.say({ type: 'control_cancel_request', request_id: id })
      resolve({ behavior: 'deny', message: interruption, interrupt: true })
    }
  }
}
