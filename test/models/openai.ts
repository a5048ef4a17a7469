import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { createZstdDecompress } from 'node:zlib'
import { Ledger } from './ledger.ts'
import type { ModelRequest, OpenRequest } from './ledger.ts'
import type { ScriptedModel } from './anthropic.ts'
import { inShort, isCodexHostText, lastPromptOf, responseFrames, responsesRequest } from './responses.ts'
import { readScript, readStep } from './script.ts'
import type { Step, StepInput } from './script.ts'

/** With a key, and with a ChatGPT login. */
const answered = new Set(['POST /v1/responses', 'POST /backend-api/codex/responses'])

export interface OpenAiOptions {
  /** Decides before the script in the prompt does; `undefined` leaves it to the script. */
  readonly handler?: (request: ModelRequest) => StepInput | undefined
}

/**
 * Starts a Responses API (https://platform.openai.com/docs/api-reference/responses) on 127.0.0.1, on a port of the
 * system's choice, whose answers are written by the test. The real Codex CLI talks to it through a model provider with
 * `base_url = "<url>/v1"`. Whoever starts it closes it.
 */
export async function startOpenAi(options: OpenAiOptions = {}): Promise<ScriptedModel> {
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
    const body = await bodyOf(request)
    const path = `${request.method} ${(request.url ?? '').split('?')[0]}`
    if (!answered.has(path)) return refuse(response, 404, 'not_found', `Nothing at ${path}`)
    const asked = responsesRequest.parse(JSON.parse(body))
    const prompt = lastPromptOf(asked.input, isCodexHostText)
    const open: OpenRequest = {
      number: ledger.requests.length + 1,
      path,
      headers: flat(request),
      body: asked,
      session: asked.prompt_cache_key ?? '',
      prompt: prompt.text,
      step: prompt.answers,
      last: asked.input.findLast(({ type }) => type.endsWith('_output')) ?? asked.input.at(-1),
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
    if (fails(open, step)) {
      if (step.error?.status !== 200) return fail(response, open, step)
      // Served, and refused in the stream.
      const { type, message } = step.error
      return stream(response, open, readStep({ text: '', midError: { type, message } }), asked.model, gone.signal)
    }
    if (step.hang === true) return
    await stream(response, open, step, asked.model, gone.signal)
  }

  function stepFor(request: ModelRequest): Step {
    const handled = options.handler?.(request)
    if (handled !== undefined) return readStep(handled)
    const steps = readScript(request.prompt)
    // Seen in the answer, so that a story which fails for it tells what there was instead of a person's words.
    if (request.prompt.trim() === '') return readStep({ text: `(no prompt in: ${inShort(request.body)})` })
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
        'x-request-id': `req_scripted_${request.number}`,
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
      'x-request-id': `req_scripted_${request.number}`,
      ...step.headers,
    })
    for (const { event, delta } of responseFrames(step, { model, number: request.number })) {
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

/** The CLI may compress what it sends. */
function bodyOf(request: IncomingMessage): Promise<string> {
  return text(request.headers['content-encoding'] === 'zstd' ? request.pipe(createZstdDecompress()) : request)
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
    .end(JSON.stringify({ error: { type, code: type, message, ...details } }))
}
