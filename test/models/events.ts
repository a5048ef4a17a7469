import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

// An import of it reads all that it exports, and so loads Node's own fetch: more than the rest of a stand-in's start.
const { request } = process.getBuiltinModule('node:http')

/** One server-sent event, parsed. */
export type ModelEvent = Readonly<Record<string, unknown>> & { readonly type: string }

/** What came with an answer. */
export type ModelHeaders = IncomingHttpHeaders

/** The model answered with a failure instead of a stream. */
export class ModelRefusal extends Error {
  override name = 'ModelRefusal'
  readonly status: number
  readonly type: string
  readonly requestId: string
  readonly headers: ModelHeaders

  constructor(status: number, type: string, message: string, requestId: string, headers: ModelHeaders = {}) {
    super(message)
    this.status = status
    this.type = type
    this.requestId = requestId
    this.headers = headers
  }
}

/** An answer of the model while it streams. */
export interface ModelAnswer {
  readonly requestId: string
  readonly headers: ModelHeaders
  readonly events: AsyncIterable<ModelEvent>
}

/**
 * Asks a scripted model as a CLI does. The events end without their last one when the connection is cut.
 * @throws {ModelRefusal} for an answer that is no stream; other errors when there is no answer, or the signal fires.
 */
export async function askModel(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  const asking = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    agent: false,
    signal,
  })
  asking.end(JSON.stringify(body))
  const [response] = (await once(asking, 'response')) as [IncomingMessage]
  const requestId = String(response.headers['request-id'] ?? response.headers['x-request-id'] ?? '')
  const { headers: told } = response
  if (response.statusCode === 200) {
    const isStream = String(response.headers['content-type']).startsWith('text/event-stream')
    return { requestId, headers: told, events: isStream ? eventsOf(response) : whole(response) }
  }
  const { error } = JSON.parse(await text(response)) as { error: { type: string; message: string } }
  throw new ModelRefusal(response.statusCode ?? 0, error.type, error.message, requestId, told)
}

/** An answer in one piece is one event. */
async function* whole(response: IncomingMessage): AsyncGenerator<ModelEvent, void> {
  yield JSON.parse(await text(response)) as ModelEvent
}

async function* eventsOf(response: IncomingMessage): AsyncGenerator<ModelEvent, void> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response as AsyncIterable<string>) {
    const frames = (rest + chunk).split('\n\n')
    rest = frames.pop() ?? ''
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '))
      if (data !== undefined) yield JSON.parse(data.slice('data: '.length)) as ModelEvent
    }
  }
}
