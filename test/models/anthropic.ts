import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { isHostText, lastPrompt, messagesRequest } from './conversation.ts'
import { Ledger } from './ledger.ts'
import type { Gate, ModelRequest, OpenRequest, WaitOptions } from './ledger.ts'
import { readScript, readStep } from './script.ts'
import type { Step, StepInput } from './script.ts'
import { frames, wholeMessage } from './stream.ts'

/**
 * A Messages API (https://docs.anthropic.com/en/api/messages) on loopback whose answers are written by the test.
 * The real Claude CLI talks to it with `ANTHROPIC_BASE_URL=<url>` and any key.
 */
export interface ScriptedModel extends AsyncDisposable {
  /** What the CLI gets as its base URL. */
  readonly url: string
  /** Every request so far, `HEAD /` and `count_tokens` left out. */
  readonly requests: readonly ModelRequest[]
  /** Answers that are being written, held or hung right now. */
  readonly openStreams: number
  /** The first request, past or future, for which the condition is or becomes true. Rejects at its deadline. */
  waitFor(condition: (request: ModelRequest) => boolean, options?: WaitOptions): Promise<ModelRequest>
  /** The gate that a step names with `gate: {name, at}`. */
  gate(name: string): Gate
  /** Drops every connection and stops listening. May be called twice. */
  close(): Promise<void>
}

export interface AnthropicOptions {
  /** Decides before the script in the prompt does; `undefined` leaves it to the script. */
  readonly handler?: (request: ModelRequest) => StepInput | undefined
  /** Which texts in a user message no person wrote; by default what the CLI and our client add. */
  readonly isHostText?: (text: string) => boolean
}

/** Starts a scripted model on 127.0.0.1, on a port of the system's choice. Whoever starts it closes it. */
export async function startAnthropic(options: AnthropicOptions = {}): Promise<ScriptedModel> {
  const ledger = new Ledger()
  const failed = new Map<string, number>()
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else refuse(response, 400, 'invalid_request_error', error instanceof Error ? error.message : String(error))
    })
  })
  // A held stream may stand for as long as a test needs it.
  server.requestTimeout = 0
  // Nor is one that rests ended in the moment in which the CLI asks again.
  server.keepAliveTimeout = 0
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request)
    const path = `${request.method} ${(request.url ?? '').split('?')[0]}`
    if (path === 'POST /v1/messages/count_tokens') return json(response, { input_tokens: Math.ceil(body.length / 4) })
    if (path !== 'POST /v1/messages') return refuse(response, 404, 'not_found_error', `Nothing at ${path}`)
    const asked = messagesRequest.parse(JSON.parse(body))
    const prompt = lastPrompt(asked.messages, options.isHostText ?? isHostText)
    const open: OpenRequest = {
      number: ledger.requests.length + 1,
      path,
      headers: flat(request),
      body: asked,
      session: String(request.headers['x-claude-code-session-id'] ?? ''),
      prompt: prompt.text,
      step: prompt.answers,
      last: asked.messages.findLast((message) => message.role === 'user')?.content,
      state: 'open',
      chunks: 0,
      heldBy: null,
      arrivedAt: now(),
      endedAt: null,
    }
    const gone = new AbortController()
    response.once('close', () => {
      open.state = response.writableFinished ? 'answered' : 'aborted'
      open.endedAt = now()
      gone.abort()
      ledger.changed(open)
    })
    ledger.requests.push(open)
    ledger.changed(open)
    const step = stepFor(open)
    await pause(step.delay, gone.signal)
    if (fails(open, step)) return fail(response, open, step)
    if (step.hang === true) return
    if (asked.stream) await stream(response, open, step, asked.model, gone.signal)
    else json(response, wholeMessage(step, { model: asked.model, number: open.number }))
  }

  function stepFor(request: ModelRequest): Step {
    const handled = options.handler?.(request)
    if (handled !== undefined) return readStep(handled)
    const steps = readScript(request.prompt)
    if (steps === null) return readStep({ text: `echo: ${request.prompt}` })
    // A CLI that asks once more than the script foresaw is seen in the answer, not in a crash.
    return steps[request.step] ?? readStep({ text: `(the script has ended at step ${request.step})` })
  }

  function fails(request: ModelRequest, { error }: Step): boolean {
    if (error === undefined) return false
    const key = `${request.session} ${request.step} ${request.prompt}`
    const before = failed.get(key) ?? 0
    failed.set(key, before + 1)
    return before < (error.times ?? Number.POSITIVE_INFINITY)
  }

  function fail(response: ServerResponse, request: ModelRequest, { error }: Step): void {
    if (error === undefined || error.hangup) {
      response.destroy()
      return
    }
    refuse(
      response,
      error.status,
      error.type,
      error.message,
      {
        'request-id': `req_scripted_${request.number}`,
        ...error.headers,
      },
      error.details,
    )
  }

  async function stream(
    response: ServerResponse,
    request: OpenRequest,
    step: Step,
    model: string,
    gone: AbortSignal,
  ): Promise<void> {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'request-id': `req_scripted_${request.number}`,
      ...step.headers,
    })
    for (const { event, delta } of frames(step, { model, number: request.number })) {
      if (delta) {
        if (step.cut === request.chunks) {
          // What was written still arrives; then the connection ends in the middle of the answer.
          response.socket?.destroySoon()
          return
        }
        if (step.hang === request.chunks) return
        if (step.gate?.at === request.chunks) await ledger.hold(request, step.gate.name, gone)
        if (request.chunks > 0) await pause(step.chunkDelay, gone)
      }
      if (gone.aborted) return
      response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      if (!delta) continue
      request.chunks++
      ledger.changed(request)
    }
    response.end()
  }

  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    closing ??= new Promise((resolve, reject) => {
      server.close((error) => (error === undefined ? resolve() : reject(error)))
      server.closeAllConnections()
    })
    await closing
  }

  return {
    url: `http://127.0.0.1:${port}`,
    requests: ledger.requests,
    get openStreams() {
      return ledger.requests.filter((request) => request.state === 'open').length
    },
    waitFor: (condition, waiting) => ledger.waitFor(condition, waiting),
    gate: (name) => ledger.gate(name),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Waits, but not on for a client that has gone. */
async function pause(ms: number, gone: AbortSignal): Promise<void> {
  if (ms === 0 || gone.aborted) return
  await delay(ms, undefined, { signal: gone }).catch((error: unknown) => {
    if (!gone.aborted) throw error
  })
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

function flat(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function refuse(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  details: object = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ type: 'error', error: { type, message, ...details } }))
}
