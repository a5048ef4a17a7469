import { DefaultRestOptions, REST, type InternalRequest, type RateLimitData, type ResponseLike } from '@discordjs/rest'
import type { Clock } from '../core/clock.ts'
import type { Meter } from '../core/meter.ts'
import type { Log } from '../core/log.ts'
import { answerOf } from './answer-shape.ts'
import { BoundedMap } from '../system/bounded-map.ts'
import type { Budgets } from './budgets.ts'
import type { Leaving } from './leaving.ts'
import type { Skew } from './skew.ts'

/** How long a rate limit may be before the caller is told instead of being kept waiting, in milliseconds. */
const longestWaitMs = 5000
/** What a 429 without any word about its length is taken for, in seconds. */
const blindWait = 2
/** Discord's longest is a day; whoever says more says nothing. */
const longestLimit = 86_400
/** A call that is limited again and again, although the wait is said to be over, waits so long at first, and then doubly. */
const [firstFloor, longestFloor] = [0.1, 60]
const callsRemembered = 1_000

export interface RestSettings {
  /** Learns how far our clock is from theirs. */
  readonly skew: Skew
  readonly clock: Pick<Clock, 'now'>
  readonly token: string
  readonly api: string | null
  readonly log: Log
  /** Told of every call, and of what its answer says is left. */
  readonly budgets: Budgets
  /** Everything that is sent passes it. */
  readonly leaving: Leaving
  readonly meter: Meter
  /** A request that Discord has not answered by then is given up, its body included. */
  readonly answerWithinMs: number
}

/**
 * The REST client of @discordjs/rest, made honest about trouble (facts/discord.md section 6):
 * - it repeats nothing by itself (its own retries come at once, without a pause): `RequestQueues` does;
 * - a 429 without headers is given the header it lacks, or it would ask again at once, for ever;
 * - 30046 comes as a 429, which it would wait out again and again: it becomes the refusal it is;
 * - what is no answer (a page, nothing, a redirection) is no yes;
 * - long waits, and all waits for thread and channel changes, are rejected at once (`RateLimitError`);
 * - every 429 is logged, as it reports only those it saw coming.
 */
export function createRest({
  token,
  api,
  log,
  meter,
  budgets,
  leaving,
  answerWithinMs,
  skew,
  clock,
}: RestSettings): REST {
  const limitedInARow = new BoundedMap<string, number>(callsRemembered)
  const rest: REST = new CleanRest(leaving, {
    ...(api === null ? {} : { api }),
    retries: 0,
    timeout: answerWithinMs,
    invalidRequestWarningInterval: 500,
    rejectOnRateLimit: isLongWait,
    makeRequest: async (url, init) => {
      const answer = await counted(budgets, init.method, url, () =>
        measured(meter, `${init.method ?? 'GET'} ${routeOf(url)}`, async () =>
          honest(
            await DefaultRestOptions.makeRequest(url, await inOnePiece(init)),
            url,
            init.method,
            log,
            limitedInARow,
          ),
        ),
      )
      skew.learn(answer.headers.get('date'), clock.now())
      // It forgets the token at the first 401, and a single one may be a record of the edge.
      if (answer.status === 401) setImmediate(() => rest.setToken(token))
      return answer
    },
  })
  // 10,000 answers of 401, 403 or 429 in ten minutes and Cloudflare shuts out the whole address.
  rest.on('invalidRequestWarning', (data) => log.error({ ...data }, 'discord.invalid-requests'))
  return rest.setToken(token)
}

type Sent = Parameters<typeof DefaultRestOptions.makeRequest>[1]

/**
 * A form with files as the bytes that are sent. Given as a form, Node's fetch would go on filling its stream when the
 * request has been given up, and end the process (undici: "ReadableStream is already closed").
 */
async function inOnePiece(init: Sent): Promise<Sent> {
  const { body } = init
  // Almost all are text. To name FormData is to load Node's own fetch.
  if (body == null || typeof body === 'string' || !(body instanceof FormData)) return init
  const whole = new Response(body)
  const type = whole.headers.get('content-type') ?? ''
  const headers = { ...(init.headers as Readonly<Record<string, string>>), 'content-type': type }
  return { ...init, headers, body: new Uint8Array(await whole.arrayBuffer()) }
}

/** The one way out to Discord's REST: no secret leaves by it. */
class CleanRest extends REST {
  readonly #leaving: Leaving

  constructor(leaving: Leaving, options: ConstructorParameters<typeof REST>[0]) {
    super(options)
    this.#leaving = leaving
  }

  override request(options: InternalRequest): Promise<unknown> {
    return super.request(this.#leaving.clean(options))
  }
}

async function measured(meter: Meter, call: string, send: () => Promise<ResponseLike>): Promise<ResponseLike> {
  const from = performance.now()
  let status = 0
  try {
    const answer = await send()
    status = answer.status
    return answer
  } finally {
    meter.count('discord_calls_total', { call, status: String(status) })
    meter.lasted('discord_call_seconds', performance.now() - from)
  }
}

/** What is asked for, without whose it is: there are as many of these as Discord has routes. */
function routeOf(url: string): string {
  return pathOf(url)
    .replace(/(\/(?:webhooks|interactions)\/\d+\/)[^/]+/, '$1:token')
    .replace(/(\/reactions\/).*/, '$1:emoji')
    .replace(/\/\d+/g, '/:id')
}

function pathOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.replace(/^(\/api)?(\/v\d+)?/, ''))
}

function isLongWait({ route, method, retryAfter, timeToReset }: RateLimitData): boolean {
  const isSlowRoute = (method === 'PATCH' && route === '/channels/:id') || route.endsWith('/threads')
  return isSlowRoute || Math.max(retryAfter, timeToReset) > longestWaitMs
}

/**
 * Told to the budgets, and put so that the client's own waiting is right, too: it queues by the bucket's name, which
 * posts and edits share although each has a counter of its own, and takes the moment when all calls are back for the
 * one when the next is.
 */
async function counted(
  budgets: Budgets,
  method: string | undefined,
  url: string,
  send: () => Promise<ResponseLike>,
): Promise<ResponseLike> {
  const call = budgets.call(method ?? 'GET', url)
  if (call === null) return send()
  let answer: ResponseLike | null = null
  try {
    answer = await send()
  } finally {
    if (answer === null) call.lost()
  }
  const nextInMs = call.answered(answer.status, answer.headers)
  const bucket = answer.headers.get('X-RateLimit-Bucket')
  if (bucket !== null) answer.headers.set('X-RateLimit-Bucket', `${method} ${bucket}`)
  if (nextInMs !== null) answer.headers.set('X-RateLimit-Reset-After', (nextInMs / 1000).toFixed(3))
  return answer
}

async function honest(
  answer: ResponseLike,
  url: string,
  method: string | undefined,
  log: Log,
  limitedInARow: BoundedMap<string, number>,
): Promise<ResponseLike> {
  // Read here, where the timeout still counts: behind this point an answer that stalls half-way would hang for ever.
  const bytes = await answer.arrayBuffer()
  const { status, headers } = answer
  if (secondsIn(headers.get('X-RateLimit-Reset-After')) === null) withoutLimit(headers)
  if (status < 400) return wellSaid(answer, bytes, url, method, log)
  const code = status === 429 ? limitIn(bytes) : null
  const name = `${method} ${pathOf(url)}`
  if (code === null) limitedInARow.delete(name)
  else {
    const before = limitedInARow.get(name) ?? 0
    limitedInARow.set(name, before + 1)
    const floor = Math.min(longestFloor, firstFloor * 2 ** before)
    // Without a number there it would ask again at once, for ever.
    const seconds = secondsIn(headers.get('Retry-After')) ?? code.retryAfter ?? blindWait
    headers.set('Retry-After', String(Math.max(seconds, floor)))
    const path = new URL(url).pathname.replace(/(\/(?:webhooks|interactions)\/\d+\/)[^/]+/, '$1…')
    const scope = headers.get('X-RateLimit-Scope') ?? 'unknown'
    log.warn({ method, path, scope, retryAfterS: Number(headers.get('Retry-After')) }, 'discord.rate-limited')
  }
  return held(bytes, { status: code?.code === 30046 ? 400 : status, statusText: answer.statusText, headers })
}

/** What tells no moment that it is over tells no limit. */
function withoutLimit(headers: ResponseLike['headers']): void {
  for (const name of ['Limit', 'Remaining', 'Reset', 'Reset-After']) headers.delete(`X-RateLimit-${name}`)
}

/**
 * An answer that says no no, if it is one: the client takes anything below 400 for what was asked for. What is none comes
 * from something on the way (a proxy, a page to log in to a network), and is what it is there: a bad gateway.
 */
function wellSaid(
  { status, statusText, headers }: ResponseLike,
  bytes: ArrayBuffer,
  url: string,
  method: string | undefined,
  log: Log,
): ResponseLike {
  const said = status < 300 ? answerOf(method ?? 'GET', pathOf(url), new TextDecoder().decode(bytes)) : null
  if (said === null) {
    log.warn({ method, path: routeOf(url), status, bytes: bytes.byteLength }, 'discord.odd-answer')
    return held(bytes, { status: 502, statusText: `No answer (${status})`, headers })
  }
  if (said === '') headers.delete('content-type')
  else headers.set('content-type', 'application/json')
  return held(bytes, { status, statusText, headers })
}

/** An answer that was read. No `Response` of Node's: the first one makes it load its own fetch (4 MB), beside undici's. */
function held(bytes: ArrayBuffer, told: Pick<ResponseLike, 'status' | 'statusText' | 'headers'>): ResponseLike {
  const text = (): string => new TextDecoder().decode(bytes)
  return {
    ...told,
    ok: told.status >= 200 && told.status < 300,
    body: null,
    bodyUsed: false,
    arrayBuffer: async () => bytes,
    text: async () => text(),
    json: async () => JSON.parse(text()) as unknown,
  }
}

interface LimitBody {
  readonly retryAfter: number | null
  readonly code: number | null
}

/** What the body of a 429 says; Cloudflare's own are HTML and say nothing. */
function limitIn(bytes: ArrayBuffer): LimitBody {
  try {
    const body: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof body !== 'object' || body === null) return { retryAfter: null, code: null }
    const { retry_after: retryAfter, code } = body as { retry_after?: unknown; code?: unknown }
    return {
      retryAfter: secondsIn(retryAfter),
      code: typeof code === 'number' ? code : null,
    }
  } catch {
    return { retryAfter: null, code: null }
  }
}

/** A wait in seconds, as a number or written as one; null: it is none, or none that Discord has. */
function secondsIn(told: unknown): number | null {
  const seconds = typeof told === 'string' && told.trim() !== '' ? Number(told) : told
  return typeof seconds === 'number' && seconds >= 0 && seconds <= longestLimit ? seconds : null
}
